import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { levels, readCorpus } from '../corpus.ts'
import { explained } from '../third-party/explained.ts'
import { suites } from '../third-party/suites.ts'
import { type RfcSentence, rfcSentences } from './rfc-sentences.ts'

const root = join(import.meta.dirname, '../../..')
export const documentFile = join(root, 'docs/conformance.md')

/** docs/conformance.md as it should be now: from the names of the tests, the cases, and what third parties' suites say. */
export function conformanceDocument(): string {
  return `${[
    '# Conformance',
    '',
    '<!-- Written by `pnpm docs:conformance`; a test says when that is due. -->',
    '',
    'What the SCIM RFCs ask, and what holds this project to it: tests named after their sentences, a corpus of cases as clients',
    'send them, and the suites of others.',
    '',
    '## Cases',
    '',
    'Each is a test of `npm test`, at every level, against the running system; `pnpm conformance` runs them against any other, and',
    '`pnpm test:conformance-chaos` while replicas are killed. How they are written: [test/conformance](../test/conformance/README.md).',
    '',
    caseTable(),
    '',
    '## Suites of others',
    '',
    `\`pnpm conformance:third-party\` installs ${suites.map(({ name }) => name).join(' and ')} from PyPI and runs them against a running system. What they`,
    'fail, and why it stays:',
    '',
    table([
      ['suite', 'what it asks', 'why it fails here'],
      ...explained.map(({ suite, asks, why }) => [suite, asks, why]),
    ]),
    '',
    '## Sentences',
    '',
    'In quotation marks, the words of the RFC.',
    '',
    sentenceList(),
  ].join('\n')}\n`
}

function caseTable(): string {
  const corpus = readCorpus()
  const cells = (cases: typeof corpus) => [
    ...levels.map((level) => String(cases.filter((one) => one.level === level).length)),
    [...new Set(cases.map(({ client }) => client))].toSorted().join(', '),
  ]
  return table([
    ['topic', ...levels, 'as sent by'],
    ...[...Map.groupBy(corpus, ({ topic }) => topic)].map(([topic, cases]) => [topic, ...cells(cases)]),
    [`${corpus.length} in all`, ...cells(corpus)],
  ])
}

function sentenceList(): string {
  const files = globSync(['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'test/*/**/*.test.ts'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules') || path.endsWith('conformance-document.test.ts'),
  })
  const all = files.toSorted().flatMap((file) => rfcSentences(file, readFileSync(join(root, file), 'utf8')))
  const sections = Map.groupBy(all, ({ rfc, section }) => `RFC ${rfc}${section && ` section ${section}`}`)
  return [...sections]
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([section, sentences]) => `### ${section}\n\n${sentences.map(bullet).join('\n')}`)
    .join('\n\n')
}

function bullet({ sentence, file }: RfcSentence): string {
  const name = file.split('/').at(-1)
  return `- ${sentence.replaceAll(/([\\`*_<>[\]|$])/g, '\\$1')} ([${name}](../${file}))`
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
