import type { CliProcess, ExitCode } from './cli-process.ts';

export interface OptionSpec {
  type: 'boolean' | 'string';
  /** What stands for the value in the help, for strings. */
  placeholder?: string;
  help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was given, by the option's name without its dashes. */
export type OptionValues<Options extends OptionSpecs> = {
  readonly [Name in keyof Options]?: { boolean: boolean; string: string }[Options[Name]['type']] | undefined;
};

/** What a command runs with: its arguments and a way to print that is safe for terminals. */
export interface CommandInput<Options extends OptionSpecs> {
  process: CliProcess;
  arguments: readonly string[];
  options: OptionValues<Options>;
  /** To standard output. */
  print: (line?: string) => void;
  /** To standard error: what is not the answer. */
  note: (line: string) => void;
}

/** One command, in one file. `--help` is added to its options. */
export interface CommandSpec<Options extends OptionSpecs = OptionSpecs> {
  /** One or two words, such as `config check`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What it does, prints and changes; lines of at most 100 characters. */
  description: string;
  /** Names of the arguments, all of them needed. */
  arguments: readonly string[];
  options: Options;
  /** @throws UsageError, CommandFailedError */
  run(input: CommandInput<Options>): Promise<ExitCode>;
}

/** A command as the list holds it. */
export type Command = Omit<CommandSpec, 'run'> & { run(input: CommandInput<OptionSpecs>): Promise<ExitCode> };

/** Checks a command's options against its `run`; the parser makes sure of the values' types. */
export function createCommand<const Options extends OptionSpecs>(spec: CommandSpec<Options>): Command {
  return { ...spec, run: (input) => spec.run(input as CommandInput<Options>) };
}
