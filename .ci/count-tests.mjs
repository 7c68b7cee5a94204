// Prints how many tests passed and failed, from the JSON reports of vitest in a folder. A test file that could not be
// loaded has no test that failed, and counts as one.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
let passed = 0;
let failed = 0;
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  for (const { status, assertionResults } of report.testResults) {
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) failed += 1;
  }
}
process.stdout.write(`${passed} ${failed}\n`);
