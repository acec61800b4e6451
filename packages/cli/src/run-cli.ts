import { parseArgs } from 'node:util';
import { type CliProcess, EXIT, type ExitCode } from './cli-process.ts';
import type { Command, OptionSpecs, OptionValues } from './command.ts';
import { COMMANDS } from './command-list.ts';
import { explainError } from './explain-error.ts';
import { toCommandHelp, toOverview } from './help-text.ts';
import { createLineWriter, toTerminalText } from './terminal-text.ts';
import { UsageError } from './usage-error.ts';
import { readVersion } from './version.ts';

/** Runs one command line to its end and says how it went; never throws, never ends the process. */
export async function runCli(process: CliProcess): Promise<ExitCode> {
  const note = createLineWriter(process.stderr);
  try {
    return await dispatch(process);
  } catch (error) {
    if (error instanceof UsageError) {
      note(error.message);
      note('"ramal --help" lists the commands, "ramal help <command>" explains one.');
      return EXIT.usage;
    }
    for (const line of explainError(error)) note(line);
    return EXIT.problem;
  }
}

async function dispatch(process: CliProcess): Promise<ExitCode> {
  const [first, ...rest] = process.argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    process[first === undefined ? 'stderr' : 'stdout'].write(toHelp(rest));
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${await readVersion()}\n`);
    return EXIT.ok;
  }
  const found = findCommand(process.argv);
  if (found === undefined) throw new UsageError(toUnknownCommand(process.argv));
  return runCommand(process, found.command, found.rest);
}

async function runCommand(process: CliProcess, command: Command, args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(command, args);
  if (values['help'] === true) {
    process.stdout.write(toCommandHelp(command));
    return EXIT.ok;
  }
  const missing = command.arguments[positionals.length];
  if (missing !== undefined) throw new UsageError(`ramal ${command.name}: <${missing}> is missing.`);
  if (positionals.length > command.arguments.length) {
    throw new UsageError(
      `ramal ${command.name}: "${positionals[command.arguments.length]}" is one too many.`,
    );
  }
  return command.run({
    process,
    arguments: positionals,
    options: values,
    print: createLineWriter(process.stdout),
    note: createLineWriter(process.stderr),
  });
}

function parseCommandLine(
  command: Command,
  args: readonly string[],
): { values: OptionValues<OptionSpecs>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type }]) => [name, { type }]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as OptionValues<OptionSpecs>, positionals };
  } catch (error) {
    // Node's message goes on with advice about `--`; its first sentence says what is wrong.
    const message = error instanceof Error ? error.message.replace(/\. .*$/s, '') : String(error);
    throw new UsageError(`ramal ${command.name}: ${message}.`);
  }
}

function findCommand(argv: readonly string[]): { command: Command; rest: string[] } | undefined {
  for (const command of COMMANDS) {
    const words = command.name.split(' ');
    if (words.every((word, index) => argv[index] === word))
      return { command, rest: argv.slice(words.length) };
  }
  return undefined;
}

/** The help for words that name one command, or begin several. */
function toHelp(words: readonly string[]): string {
  const wanted = words.filter((word) => !word.startsWith('-'));
  if (wanted.length === 0) return toOverview(COMMANDS);
  const exact = findCommand(wanted);
  if (exact !== undefined) return toCommandHelp(exact.command);
  const family = COMMANDS.filter(({ name }) => name.split(' ')[0] === wanted[0]);
  if (wanted.length === 1 && family.length > 0) return toOverview(family);
  throw new UsageError(toUnknownCommand(wanted));
}

function toUnknownCommand(argv: readonly string[]): string {
  const family = COMMANDS.filter(({ name }) => name.split(' ')[0] === argv[0]);
  const known = family.length > 0 ? family : COMMANDS;
  const given = toTerminalText(argv.slice(0, family.length > 0 ? 2 : 1).join(' '));
  return `ramal: there is no command "${given}", but: ${known.map(({ name }) => name).join(', ')}.`;
}
