import { writeFile } from 'node:fs/promises'
import { commandLine } from '../harness/command-line.ts'
import { casesFolder, type Level, levels, readCorpus, select } from './corpus.ts'
import type { Target } from './run-case.ts'
import { runCorpus, summary } from './run-corpus.ts'
import { runningTenants } from './running-tenants.ts'

const help = `Runs the conformance cases against a running system.

  pnpm conformance
  pnpm conformance --connection-file FILE --only 'entra|16-bulk' --level must
  pnpm conformance --base URL --token TOKEN --base2 URL --token2 TOKEN

  --connection-file F  as npm start writes it (.data/connection.json); its first two instances are used
  --base URL, --token T, --base2 URL, --token2 T
                       Tenant URLs and Secret Tokens instead; without the second, cases that need two are skipped
  --only REGEX         cases whose topic/name matches
  --level LEVEL        ${levels.join(', ')}: this level and the stricter ones (may)
  --client NAME        the cases of a client: entra, okta, google, onelogin, jumpcloud, generic
  --cases FOLDER       other case files in the same format
  --retry-503          repeat what is answered 503 or cut off, as an IdP does, for up to 30 s
  --max-ms-factor N    times this for every time limit, on a slow or disturbed machine (1)
  --timeout MS         how long an answer may take (30000)
  --json FILE          the results as JSON too
  --quiet              only what failed
  --list               the names of the cases, and nothing is run
  --help

Exit status 0 only when nothing failed.
`

const values = commandLine(help, {
  'connection-file': { type: 'string', default: '.data/connection.json' },
  base: { type: 'string' },
  token: { type: 'string', default: '' },
  base2: { type: 'string' },
  token2: { type: 'string', default: '' },
  only: { type: 'string' },
  level: { type: 'string', default: 'may' },
  client: { type: 'string' },
  cases: { type: 'string', default: casesFolder },
  'retry-503': { type: 'boolean', default: false },
  'max-ms-factor': { type: 'string', default: '1' },
  timeout: { type: 'string', default: '30000' },
  json: { type: 'string' },
  quiet: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
})

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n\n${help}`)
  process.exit(2)
}

function above0(name: 'max-ms-factor' | 'timeout'): number {
  const number = Number(values[name])
  return number > 0 ? number : refuse(`--${name} wants a number above 0.`)
}

const level =
  levels.find((known): known is Level => known === values.level) ?? refuse(`There is no level ${values.level}.`)
const chosen = select(readCorpus(values.cases), { level, only: values.only, client: values.client })

if (values.list) {
  for (const one of chosen) process.stdout.write(`${one.topic}\t${one.level}\t${one.client}\t${one.name}\n`)
  process.stdout.write(`${chosen.length} cases\n`)
} else {
  const target: Target = {
    tenants:
      runningTenants(values) ??
      refuse(`${values['connection-file']} names no running instance: start the system, or give --base and --token.`),
    retry: values['retry-503'],
    maxMsFactor: above0('max-ms-factor'),
    timeoutMs: above0('timeout'),
  }
  let topic = ''
  const results = await runCorpus(chosen, target, ({ one, verdict, failure }) => {
    if (values.quiet && verdict !== 'failed') return
    if (one.topic !== topic) process.stdout.write(`\n${one.topic}\n`)
    topic = one.topic
    const how = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[verdict]
    process.stdout.write(`  ${how}  ${one.name}${one.level === 'must' ? '' : ` (${one.level})`}\n`)
    if (failure !== undefined) process.stdout.write(`${failure.replaceAll(/^/gm, '          ')}\n`)
  })
  process.stdout.write(`\n${summary(results)}\n`)
  if (values.json) {
    const rows = results.map(({ one: { topic, name, level, client }, verdict, ms, failure, repeated }) => {
      return { topic, name, level, client, verdict, ms, failure, repeated }
    })
    await writeFile(values.json, JSON.stringify(rows, null, 2))
  }
  // Nothing that ran is no success.
  process.exitCode =
    results.every(({ verdict }) => verdict !== 'failed') && results.some(({ verdict }) => verdict === 'passed') ? 0 : 1
}
