import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type IdentityProviderName, identityProviders, simulate } from './simulate.ts'
import { columns, progressLine, reportText } from './simulation-text.ts'

const help = `Behaves like an identity provider against a SCIM endpoint and compares what it reads back with what it sent.

  pnpm simulate --connection-file .data/connection.json --users 200 --groups 5
  pnpm simulate --as okta --tenant-url URL --secret-token TOKEN

  --as NAME            whom to behave like (entra):
${columns(Object.entries(identityProviders).map(([name, { title }]) => [`                         ${name}`, title]))}
  --users N            people in the directory (200)
  --groups N           groups (5)
  --concurrency N      requests side by side (8)
  --seed N             another directory (1)
  --connect-anew       a fourth cycle that has lost its links and must find everything again
  --patience S         seconds for which a request answered 503 or cut off is repeated (0)
  --connection-file F  as npm start writes it; its first instance is used
  --tenant-url URL, --secret-token TOKEN
  --json F             the report as JSON too
  --help

Exit status 0 only with no failure, no difference, and no write in the cycle before which nothing changed.
`

const options = {
  as: { type: 'string', default: 'entra' },
  users: { type: 'string', default: '200' },
  groups: { type: 'string', default: '5' },
  concurrency: { type: 'string', default: '8' },
  seed: { type: 'string', default: '1' },
  patience: { type: 'string', default: '0' },
  'connect-anew': { type: 'boolean', default: false },
  'connection-file': { type: 'string' },
  'tenant-url': { type: 'string' },
  'secret-token': { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

function readOptions() {
  try {
    return parseArgs({ options }).values
  } catch (err) {
    return refuse((err as Error).message)
  }
}

const values = readOptions()

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n\n${help}`)
  process.exit(2)
}

function wholeNumber(name: 'users' | 'groups' | 'concurrency' | 'seed' | 'patience', least: number): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < least) refuse(`--${name} wants a whole number of at least ${least}.`)
  return number
}

function identityProvider(): IdentityProviderName {
  const names = Object.keys(identityProviders) as IdentityProviderName[]
  return names.find((name) => name === values.as) ?? refuse(`--as wants one of ${names.join(', ')}.`)
}

function target(): { tenantUrl: string; secretToken: string } {
  if (values['tenant-url'] && values['secret-token']) {
    return { tenantUrl: values['tenant-url'], secretToken: values['secret-token'] }
  }
  const file = values['connection-file']
  if (!file) refuse('Say where to: --connection-file, or --tenant-url and --secret-token.')
  const connection = JSON.parse(readFileSync(file, 'utf8')) as { scim: { tenantUrl: string; secretToken: string }[] }
  const [first] = connection.scim
  if (!first) refuse(`${file} names no instance.`)
  return first
}

if (values.help) {
  process.stdout.write(help)
} else {
  const terminal = process.stdout.isTTY
  const report = await simulate({
    as: identityProvider(),
    ...target(),
    users: wholeNumber('users', 1),
    groups: wholeNumber('groups', 0),
    concurrency: wholeNumber('concurrency', 1),
    seed: wholeNumber('seed', 0),
    connectAnew: values['connect-anew'],
    patienceMs: wholeNumber('patience', 0) * 1_000,
    onProgress(progress) {
      const ended = progress.done === progress.total
      if (progress.total === 0) return
      if (terminal) process.stdout.write(`\r\u001b[K${progressLine(progress)}${ended ? '\n' : ''}`)
      else if (ended) process.stdout.write(`${progressLine(progress)}\n`)
    },
  })
  process.stdout.write(`\n${reportText(report)}`)
  if (values.json) writeFileSync(values.json, JSON.stringify(report, null, 2))
  process.exitCode = report.failures.length + report.differences.length + report.repeatedWrites > 0 ? 1 : 0
}
