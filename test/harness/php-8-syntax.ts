/** What PHP 7.4 can't parse or lacks, by name. */
const PHP_8: Record<string, RegExp> = {
  'match expression': /\bmatch\s*\([^)]*\)\s*\{/,
  'nullsafe operator': /\?->/,
  attribute: /#\[/,
  'promoted constructor property': /__construct\s*\([^)]*\b(?:public|protected|private)\b/,
  'union type': /\b(?:\??\w+)\s*\|\s*\w+\s+(?:&|\.\.\.)?\$|\)\s*:\s*\w+\s*\|\s*\w+/,
  'mixed, never or static return type':
    /\b(?:function|fn)\b[^{;?]*\)\s*:\s*(?:mixed|never|static|false|true|null)\b/,
  'mixed parameter': /[(,]\s*mixed\s+\$/,
  'throw as an expression': /(?:\?\?|\?:|=>|&&|\|\|)\s*throw\b/,
  'catch without a variable': /catch\s*\(\s*[\w\\|\s]+\)/,
  'comma after the last parameter': /function\s*\w*\s*\([^()]*,\s*\)/,
  'named argument': /[(,]\s*[a-z_]\w*\s*:(?!:)\s*[^\s]/i,
  enum: /^\s*enum\s+\w+/m,
  readonly: /\breadonly\b/,
  'first-class callable': /\(\s*\.\.\.\s*\)/,
  '::class of an object': /\$\w+::class\b/,
  'new in an initialiser': /function[^{;]*=\s*new\b/,
  'PHP 8 function':
    /\b(?:str_contains|str_starts_with|str_ends_with|get_debug_type|array_is_list|array_find|fdiv|preg_last_error_msg|json_validate|mb_str_pad)\s*\(/,
  'PHP 8 class': /\b(?:WeakMap|Stringable|ValueError|PhpToken|UnhandledMatchError)\b/,
};

/** The names of what a PHP source uses that PHP 7.4 does not have. */
export function findPhp8Syntax(source: string): string[] {
  const code = toCode(source);
  return Object.entries(PHP_8)
    .filter(([, pattern]) => pattern.test(code))
    .map(([name]) => name);
}

/** The source without HTML, comments and what stands in strings. */
function toCode(source: string): string {
  const php = [...source.matchAll(/<\?(?:php|=)([\s\S]*?)(?:\?>|$(?![\s\S]))/g)].map(([, code]) => code);
  return php
    .join('\n;')
    .replace(
      /("(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#(?!\[)[^\n]*/g,
      (_, text?: string) => (text === undefined ? ' ' : "''"),
    );
}
