import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findPhp8Syntax } from '../harness/php-8-syntax.ts';
import { runPhp } from '../harness/start-php.ts';

const FOLDER = fileURLToPath(new URL('../../examples/php/', import.meta.url));
const files = (await readdir(FOLDER, { recursive: true })).filter((name) => name.endsWith('.php'));

describe('the PHP examples as files', () => {
  test.each(files)(
    'R36 R37 %s parses, and needs no more than PHP 7.4',
    async (name) => {
      expect(await runPhp(['-l', `${FOLDER}${name}`])).toContain('No syntax errors');
      expect(findPhp8Syntax(await readFile(`${FOLDER}${name}`, 'utf8'))).toEqual([]);
    },
    300_000,
  );

  test.each([
    ['match expression', '$a = match($b) { 1 => 2 };'],
    ['nullsafe operator', '$a?->b();'],
    ['attribute', '#[Pure] function f() {}'],
    ['promoted constructor property', 'class A { function __construct(private string $a) {} }'],
    ['union type', 'function f(int|string $a) {}'],
    ['union type', 'function f(): int|false {}'],
    ['mixed, never or static return type', 'function f(int $a): static {}'],
    ['mixed parameter', 'function f(mixed $a) {}'],
    ['throw as an expression', '$a = $b ?? throw new E();'],
    ['catch without a variable', 'try {} catch (E) {}'],
    ['comma after the last parameter', 'function f(int $a, ) {}'],
    ['named argument', 'f(a: 1);'],
    ['enum', 'enum A {}'],
    ['readonly', 'class A { public readonly int $a; }'],
    ['first-class callable', '$f = strlen(...);'],
    ['PHP 8 function', 'str_contains($a, $b);'],
  ])('the check finds a %s in %s', (name, code) => {
    expect(findPhp8Syntax(`<?php ${code}`)).toContain(name);
    expect(findPhp8Syntax(`<?php // ${code}\n$a = '${code}';`)).toEqual([]);
  });
});
