export { DecodeError, UnrecordableValueError, decode, decodeVerified, encode } from './codec/index.js';
export { RepriseError } from './errors/base.js';
export { TrainingError } from './errors/training-error.js';
export type { LossDetails } from './errors/training-error.js';
export type { ErrorCode } from './errors/codes.js';
export { InstallError } from './errors/install-error.js';
export { OptionError } from './errors/option-error.js';
export type { OptionProblem } from './errors/option-error.js';
export { StoreError } from './errors/store-error.js';
export type { StoreErrorCode, StoreErrorDetails } from './errors/store-error.js';
export { checkRole, component } from './components/component.js';
export type { Component, Loss, Optimizer, Role, Scheduler } from './components/component.js';
export { binaryCrossEntropy, crossEntropy, huber, l1, mse } from './components/losses.js';
export type { BinaryCrossEntropyOptions, CrossEntropyOptions, HuberOptions } from './components/losses.js';
export { groups } from './components/groups.js';
export type { PartOptimizer } from './components/groups.js';
export type { ParameterGroup } from './components/option-groups.js';
export { objectives } from './components/objectives.js';
export type { Objective } from './components/objectives.js';
export { adagrad, adam, adamw, rmsprop, sgd } from './components/optimizers.js';
export type { AdagradOptions, AdamOptions, RmspropOptions, SgdOptions } from './components/optimizers.js';
export { parameterGroups } from './components/parameter-groups.js';
export type { OptimizerGroup } from './components/parameter-groups.js';
export type { Recipe } from './components/recipe.js';
export { advanceScheduler, freshScheduler, lrAt, monitorOf, nextLr } from './components/schedule.js';
export type { Monitors } from './components/schedule.js';
export {
  cosine,
  exponentialLR,
  lambda,
  linearWarmup,
  multiStepLR,
  oneCycle,
  reduceOnPlateau,
  stepLR,
} from './components/schedulers.js';
export type { OneCycleOptions, ReduceOnPlateauOptions } from './components/schedulers.js';
export { arrays } from './data/arrays.js';
export type { ArrayInput } from './data/arrays.js';
export { batches, isSampleStream } from './data/batches.js';
export type { BatchPlan } from './data/batches.js';
export { sampleCount } from './data/check-batch.js';
export { concat } from './data/concat.js';
export { DataError } from './data/data-error.js';
export { Dataset, dataset } from './data/dataset.js';
export type { KeyedSource, Selection } from './data/dataset.js';
export { contentUnchanged, digestOfData, fingerprintOfData, outlineOfData } from './data/fingerprint.js';
export { iterable } from './data/iterable.js';
export type { IterableOptions, OpenStream } from './data/iterable.js';
export type { SampleContext } from './data/map.js';
export { stackSamples } from './data/sample.js';
export type { Sample, SampleTensor, SampleValue, TensorSample, TensorsOf } from './data/sample.js';
export { fingerprintFunction, isUserFunction } from './functions/fingerprint.js';
export type { DependencyDigest } from './functions/fingerprint.js';
export { FunctionError } from './functions/function-error.js';
export { outlineOfFunction, userFunction } from './functions/user-function.js';
export type { FunctionOptions, UserFunction } from './functions/user-function.js';
export { accuracy, binaryAccuracy, topK } from './metrics/accuracy.js';
export type { BinaryOptions, Hits } from './metrics/accuracy.js';
export { MetricInput } from './metrics/input.js';
export { checkMetrics, metric } from './metrics/metric.js';
export type { Metric, MetricDefinition } from './metrics/metric.js';
export { meanAbsoluteError, meanSquaredError, r2 } from './metrics/regression.js';
export type { ErrorSum, Spread } from './metrics/regression.js';
export { f1, precision, recall } from './metrics/retrieval.js';
export type { RetrievalOptions, Tallies } from './metrics/retrieval.js';
export { Block } from './model/block.js';
export type { CallOptions, Data, DivergingCallOptions, KeyedCallOptions } from './model/call-options.js';
export type {
  EvaluateCallOptions,
  FindLrCallOptions,
  PredictCallOptions,
  TrainCallOptions,
  UntilEpochCallOptions,
} from './model/call-options.js';
export type { Explanation } from './inspect/explain.js';
export type { ModelEvent } from './model/events.js';
export { Handle } from './model/handle.js';
export type { CheckpointId } from './model/ids.js';
export { Model } from './model/model.js';
export type { CheckpointInfo, CheckpointOptions, ExportOnnxOptions } from './model/model-options.js';
export { openModel, openOptionNames } from './model/open.js';
export type { OpenOptions, OpenParts } from './model/open.js';
export { loadModel, loadOptionNames } from './model/load-model.js';
export type { LoadOptions } from './model/load-model.js';
export type { SaveOptions } from './model/save-options.js';
export type { LayerSummary, Summary, SummaryOptions } from './model/summary.js';
export type { StateName } from './model/named-state.js';
export type { BusyPolicy } from './model/tenure.js';
export type { SnapshotOptions } from './training/snapshots.js';
export { size } from './model/run-report.js';
export type { LoadReport } from './weights/fit.js';
export type { LoadWeightsOptions } from './weights/load-options.js';
export type { NetStateDict, Weights } from './weights/weights.js';
export { WeightsError } from './weights/weights-error.js';
export type { Mismatch } from './weights/weights-error.js';
export type { Report } from './model/run-report.js';
export type { PlotOptions } from './model/plot-metrics.js';
export { checkPictureFiles, writePictures } from './model/picture-files.js';
export type { PictureFiles } from './model/picture-files.js';
export type { Plotter, PlotterOptions } from './model/plotter.js';
export type { CachedArguments, CachedFunction, CachedNet, CachedOptions } from './model/requests/cached.js';
export type { SetupOptions } from './model/setup.js';
export {
  boolean,
  checkOptions,
  finiteNumber,
  func,
  nonNegativeInteger,
  oneOf,
  positiveInteger,
  positiveNumber,
  refuse,
  string,
} from './options/index.js';
export type { BlobStore, PutElsewhere } from './ports/blob-store.js';
export type { Batch, BatchContext, DataSource, FingerprintContext, SampleStream } from './ports/data-source.js';
export type {
  BatchTypes,
  Engine,
  EngineState,
  Evaluation,
  LayerDescription,
  LoadedNet,
  NetDescription,
  ParameterSpec,
  PassInput,
  Rates,
  StepInput,
  StepOutput,
  Clip,
  StepSpec,
  Trainer,
} from './ports/engine.js';
export type { FileDigests, FileIdentity } from './ports/file-digests.js';
export type { HashStream, Hasher } from './ports/hasher.js';
export type { Host, Output } from './ports/host.js';
export type {
  Alias,
  CheckpointRow,
  Commit,
  EntryFilter,
  EntryOrigin,
  Lane,
  ModelRow,
  NewEntry,
  OpEntry,
  OpKind,
  OpLog,
  OpRecord,
  Place,
  RunRow,
  Settlement,
  Snapshot,
  SnapshotFilter,
  StateRow,
  Tag,
} from './ports/op-log.js';
export type { Lease, LeaseHolder, LeaseOf, Leases } from './ports/leases.js';
export type { Store } from './ports/store.js';
export type { FileTexts, TensorFile, TensorFiles } from './ports/tensor-files.js';
export type {
  Amount,
  CollectOptions,
  Collection,
  Damage,
  GarbageKind,
  KeptKind,
  OnProgress,
  Repair,
  RepairOptions,
  Upkeep,
  Verification,
  VerifyOptions,
} from './ports/upkeep.js';
export { permutation } from './rng/permutation.js';
export { stream } from './rng/stream.js';
export type { RandomStream } from './rng/stream.js';
export { DivergenceError } from './replay/divergence.js';
export type { DivergenceDetails } from './replay/divergence.js';
export { divergencePolicies } from './replay/policy.js';
export type { DivergencePolicy } from './replay/policy.js';
export { describeChange, valueSaid } from './replay/fields.js';
export { duration } from './replay/place.js';
export type { FieldChange } from './replay/fields.js';
export type { Answer, CallAccount, Reason, RunAccount } from './replay/account.js';
export type { SchedulerState, TrainingState } from './state/training-state.js';
export type { OpContext } from './training/context.js';
export { figure } from './training/format.js';
export { parseEvaluateOptions } from './training/evaluate/options.js';
export type { EvaluateOptions, EvaluateResult, EvaluateSettings } from './training/evaluate/options.js';
export { parseFindLrOptions } from './training/find-lr/options.js';
export type { FindLrOptions, FindLrSettings, LrCurve } from './training/find-lr/options.js';
export type { SweepKind } from './training/find-lr/options.js';
export { modelCheckpoint } from './callbacks/checkpoint/model-checkpoint.js';
export type { ModelCheckpointOptions } from './callbacks/checkpoint/model-checkpoint.js';
export type { SavedCheckpoint, SavedCheckpoints } from './callbacks/callback.js';
export type { SaveRequest, TrainPosition } from './callbacks/context.js';
export type { LoggedPoint, Logger, LoggerRun } from './loggers/logger.js';
export type { UserFiles } from './ports/user-files.js';
export type { ClipOptions } from './training/clip.js';
export { callback, checkCallbacks } from './callbacks/callback.js';
export type { Callback, CallbackDefinition, StatefulHooks } from './callbacks/callback.js';
export type { CallbackContext, LogOptions } from './callbacks/context.js';
export { earlyStopping } from './callbacks/early-stopping.js';
export type { EarlyStoppingOptions } from './callbacks/early-stopping.js';
export { ema } from './callbacks/ema.js';
export type { EmaOptions } from './callbacks/ema.js';
export type { HookName, Hooks } from './callbacks/hooks.js';
export type { LoggedQuantities, LoggedSeries } from './callbacks/logged.js';
export { lrMonitor } from './callbacks/lr-monitor.js';
export type { LrMonitorOptions } from './callbacks/lr-monitor.js';
export type { StateDict, StateDicts, Stateful } from './callbacks/stateful.js';
export { frozenNames, trainableNames } from './training/freeze.js';
export { parseTrainOptions } from './training/options.js';
export type { MetricNames, ProgressMode, TrainOptions, TrainSettings } from './training/options.js';
export { ratesByGroup } from './training/steps/rates.js';
export { parsePredictInput, parsePredictOptions } from './training/predict/options.js';
export type {
  Prediction,
  PredictInput,
  PredictOptions,
  PredictSample,
  PredictSettings,
} from './training/predict/options.js';
export type { BestEpoch, EpochRecord, ObjectiveScores, Scores, TrainResult } from './training/result.js';
export type { LrSuggestions } from './training/find-lr/options.js';
export { trainingStep } from './training/steps/training-step.js';
export type { MinimizeOptions, StepFunction, StepScope, TrainingStep } from './training/steps/training-step.js';
export { isDigest, shortDigest } from './values/digest.js';
export type { Digest, Fingerprint, StateDigest } from './values/digest.js';
export type { Outline } from './values/outline.js';
export type { Plain } from './values/plain.js';
export { byteSize, bytesOf, dtypeOf, sizeOf, tensorFromBytes } from './values/tensor.js';
export type { DType, Tensor, TensorData, Tensors } from './values/tensor.js';
export { blobsOfState } from './state/manifest.js';
