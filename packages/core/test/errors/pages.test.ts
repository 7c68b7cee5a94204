import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const codes = [...read('packages/core/src/errors/codes.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code!);
const pages = readdirSync(new URL('../../../../docs/errors/', import.meta.url))
  .filter((file) => file !== 'README.md')
  .map((file) => file.replace(/\.md$/, ''));

describe('the pages of the errors', () => {
  it('are one for each code, and none for anything else', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(pages.toSorted()).toEqual(codes.toSorted());
  });

  it.each(codes)('say of %s what it means, how to settle it, and what it looks like', (code) => {
    const page = read(`docs/errors/${code}.md`);
    expect(page).toMatch(new RegExp(`^# ${code}: `));
    expect(page).toContain('## How to settle it');
    expect(page).toContain(`[${code}]\n`);
  });

  it('are listed in the index', () => {
    const listed = [...read('docs/errors/README.md').matchAll(/\]\((\w+)\.md\)/g)].map(([, code]) => code!);
    expect(listed.toSorted()).toEqual(codes.toSorted());
  });
});
