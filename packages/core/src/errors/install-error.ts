import { RepriseError } from './base.js';

/** A package's native binding that can't be loaded here. */
export class InstallError extends RepriseError {
  declare readonly code: 'INSTALL';
  readonly package: string;
  /** A command or a step that settles it. */
  readonly remedy: string;

  constructor(details: { readonly package: string; readonly remedy: string; readonly cause?: unknown }) {
    const reason = details.cause instanceof Error ? `: ${details.cause.message.split('\n')[0]}` : '';
    super('INSTALL', `${details.package} can't be loaded on this machine${reason}. ${details.remedy}`, {
      cause: details.cause,
    });
    this.package = details.package;
    this.remedy = details.remedy;
  }
}
