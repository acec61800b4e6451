import type { Command, OptionSpec } from './command.ts';

const FOOT = `Exit codes: 0 in order, 1 a problem was found or the command could not be carried out, 2 called wrongly.
`;

/** The help of the program, or of the commands that begin with a word. */
export function toOverview(commands: readonly Command[]): string {
  return `ramal: looks after a Ramal installation.

  ramal <command> [arguments] [options]

Commands:
${toColumns(commands.map((command) => [toCall(command), command.summary]))}
  ramal help <command>   what it does, and its options
  ramal --version        the version

${FOOT}`;
}

export function toCommandHelp(command: Command): string {
  const options: [string, OptionSpec][] = [
    ...Object.entries(command.options),
    ['help', { type: 'boolean', help: 'this text' }],
  ];
  const rows = options.map(([name, { placeholder, help }]): [string, string] => [
    `--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`,
    help,
  ]);
  return `ramal ${toCall(command)} [options]

${command.description}

Options:
${toColumns(rows)}
${FOOT}`;
}

function toCall(command: Command): string {
  return [command.name, ...command.arguments.map((name) => `<${name}>`)].join(' ');
}

function toColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}\n`).join('');
}
