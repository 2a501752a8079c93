import { defineConfig } from 'vitest/config'

/** Where the tests of a file are that has none of its own name, or too few. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  'filter-print': ['filter-parser', 'path-parser'],
  'filter-tokens': ['filter-parser', 'path-parser'],
  schema: ['schema', 'discovery'],
}
const mutated = process.env.MUTATED ?? '*'
const names = [...(elsewhere[mutated] ?? [mutated]), 'rfc*', 'quirks']

// What a fault in one file of the package must be seen by: the tests of that file, of quirks and of the RFCs' sentences. More tests
// could only see more, and take minutes longer. One worker for all files: nothing here has state.
export default defineConfig({ test: { include: names.map((name) => `src/${name}.test.ts`), isolate: false } })
