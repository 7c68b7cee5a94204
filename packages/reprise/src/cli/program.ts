import { Command, type CommanderError } from 'commander';
import type { Io } from './io.js';
import { addresses, manual, type Page } from './manual.js';

/** What was asked for. */
export interface Asked {
  readonly page: Page;
  readonly args: readonly (string | undefined)[];
  /** Of the verb. */
  readonly options: { readonly [name: string]: unknown };
  readonly store: string | undefined;
  readonly json: boolean;
  readonly color: boolean;
}

interface GlobalOptions {
  readonly store?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** The parser. Parsing throws a CommanderError where it ends there: at help, the version, or arguments that it can't take. */
export function programOf(io: Io, version: string, act: (asked: Asked) => Promise<void>): Command {
  const program = new Command('reprise');
  program
    .usage('[options] <verb>')
    .commandsGroup('Verbs:')
    .description('Looks at what training scripts have recorded, and settles what happens next.')
    .version(version, '-V, --version', 'print the version')
    .option('--store <folder>', 'the store (default: REPRISE_STORE, else .reprise in the working directory)')
    .option('--json', 'print one JSON document')
    .option('--no-color', 'no colours; nor where NO_COLOR is set, or the output is no terminal')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [verb]', 'say more of a verb')
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options] ', '')}`,
    })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      getOutHelpWidth: () => Math.min(Math.max(io.out.columns, 60), 100),
      getErrHelpWidth: () => Math.min(Math.max(io.err.columns, 60), 100),
      outputError: (text, write) =>
        write(text.replace(/^error: /, 'reprise: ').replace('unknown command', 'unknown verb')),
    })
    .addHelpText(
      'after',
      `\n${addresses.join('\n')}\n\n'reprise help <verb>' has examples.\nExit codes: 0 done, 1 not done, 2 not understood.`,
    )
    .showHelpAfterError("Usage: reprise [options] <verb>\n'reprise help' lists the verbs.")
    .exitOverride();
  for (const page of manual) addVerb(program, page, act);
  return program;
}

function addVerb(program: Command, page: Page, act: (asked: Asked) => Promise<void>): void {
  const command = program.command(page.name).summary(page.summary).description(page.description);
  for (const [form, description] of page.arguments) command.argument(form, description);
  for (const [flags, description] of page.options) command.option(flags, description);
  const widest = Math.max(...page.examples.map(([line]) => line.length));
  const examples = page.examples.map(([line, does]) => `  ${line.padEnd(widest)}  ${does}`);
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
  command.showHelpAfterError(usageOf(page));
  command.action(async () => {
    const { store, json, color } = program.opts<GlobalOptions>();
    await act({
      page,
      args: command.processedArgs as (string | undefined)[],
      options: command.opts(),
      store,
      json: json === true,
      color,
    });
  });
}

/** What is said below a usage error. */
export function usageOf({ name, arguments: args, options }: Page): string {
  const parts = [name, ...(options.length > 0 ? ['[options]'] : []), ...args.map(([form]) => form)];
  return `Usage: reprise ${parts.join(' ')}\n'reprise help ${name}' says more.`;
}

/** How a run ends that the parser ended: 0 where help or the version was asked for, else 2. */
export function exitCodeOf({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : 2;
}
