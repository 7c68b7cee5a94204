/** Every code an error can carry. Each has a page in docs/errors. */
export type ErrorCode =
  // options and values
  | 'UNKNOWN_OPTION'
  | 'INVALID_OPTION'
  | 'UNRECORDABLE_VALUE'
  | 'UNDECODABLE_BYTES'
  | 'FREE_VARIABLE'
  | 'UNREADABLE_FUNCTION'
  // data
  | 'DATA_MISMATCH'
  | 'DATA_ERROR'
  // weights
  | 'WEIGHTS_MISMATCH'
  // blocks and ops
  | 'BLOCK_OPEN'
  | 'OP_IN_FLIGHT'
  | 'INTERRUPTED'
  | 'CHECKPOINT_BUSY'
  | 'BLOCK_ENDED'
  | 'SETUP_TWICE'
  | 'SETUP_AFTER_TRAIN'
  | 'NOT_REGISTERED'
  | 'NO_LOSS'
  | 'NO_OPTIMIZER'
  | 'NO_CHECKPOINT'
  | 'NET_CHANGED'
  | 'MODEL_CLOSED'
  | 'FUNCTION_NOT_GIVEN'
  | 'FUNCTION_CHANGED'
  // replay
  | 'DIVERGENCE'
  // what is asked of a store from outside a script
  | 'UNKNOWN_ADDRESS'
  | 'REFUSED'
  // training
  | 'LOSS_NOT_FINITE'
  | 'THREADS_CHANGED'
  | 'STATE_CHANGED'
  | 'CALLBACK_FAILED'
  | 'LOGGER_FAILED'
  // engine
  | 'ENGINE_BUILD'
  | 'NO_GRADIENT'
  | 'ENGINE_RUN'
  | 'EXPORT_UNSUPPORTED'
  | 'INSTALL'
  // files that the user names
  | 'FILE_IO'
  | 'FILE_FORMAT'
  // store
  | 'BLOB_MISSING'
  | 'BLOB_CORRUPT'
  | 'DANGLING_REFERENCE'
  | 'DISK_FULL'
  | 'STORE_READ_ONLY'
  | 'STORE_IO'
  | 'STORE_BUSY'
  | 'STORE_CORRUPT'
  | 'STORE_CLOSED'
  | 'STORE_NETWORK'
  | 'LEASE_LOST'
  | 'FORMAT_VERSION';
