import { commandLine } from '../../harness/command-line.ts'
import { runningTenants } from '../running-tenants.ts'
import { explained } from './explained.ts'
import { installSuite, suites } from './suites.ts'

const help = `Runs other people's SCIM suites against a running system. They are installed from PyPI, outside the repository.

  pnpm conformance:third-party
  pnpm conformance:third-party --connection-file FILE --only scim-sanity

  --connection-file F    as npm start writes it (.data/connection.json); its first instance is used
  --base URL, --token T  a Tenant URL and Secret Token instead
  --only NAME            one of ${suites.map(({ name }) => name).join(', ')}

Exit status 0 when each failure is one that docs/conformance.md explains.
`

const values = commandLine(help, {
  'connection-file': { type: 'string', default: '.data/connection.json' },
  base: { type: 'string' },
  token: { type: 'string', default: '' },
  token2: { type: 'string', default: '' },
  only: { type: 'string', default: '' },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

/** @returns how many failures nobody has explained */
async function runSuites(): Promise<number> {
  const [tenant] = runningTenants(values) ?? []
  if (!tenant) {
    process.stderr.write(`${values['connection-file']} names no running instance: start the system first.\n`)
    process.exit(2)
  }
  let unexplained = 0
  for (const suite of suites.filter(({ name }) => name.includes(values.only))) {
    const findings = await suite.run(await installSuite(suite), tenant)
    const count = (wanted: string) => findings.filter(({ verdict }) => verdict === wanted).length
    say(`${suite.name}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
    for (const { check, reason } of findings.filter(({ verdict }) => verdict === 'failed')) {
      const text = `${check} - ${reason}`
      const isExplained = explained.some(({ suite: name, finding }) => name === suite.name && finding.test(text))
      if (!isExplained) unexplained++
      say(`  ${isExplained ? 'explained' : 'FAILED   '}  ${text}`)
    }
    for (const { suite: name, finding } of explained) {
      const stays = findings.some(
        ({ verdict, check, reason }) => verdict === 'failed' && finding.test(`${check} - ${reason}`),
      )
      if (name === suite.name && !stays) say(`  no longer fails, and need not be explained: ${finding.source}`)
    }
  }
  return unexplained
}

const unexplained = await runSuites()
say(unexplained === 0 ? 'Nothing fails that is not explained.' : `${unexplained} failures are not explained.`)
process.exitCode = unexplained === 0 ? 0 : 1
