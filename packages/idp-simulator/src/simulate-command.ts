import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { simulateEntra } from './entra.ts'
import { progressLine, reportText } from './simulation-text.ts'

const help = `Behaves like Entra ID against a SCIM endpoint and compares what it reads back with what it sent.

  pnpm simulate --connection-file .data/connection.json --users 200 --groups 5
  pnpm simulate --tenant-url URL --secret-token TOKEN

  --users N            people in the directory (200)
  --groups N           groups (5)
  --concurrency N      requests side by side (8)
  --seed N             another directory (1)
  --connection-file F  as npm start writes it; its first instance is used
  --tenant-url URL, --secret-token TOKEN
  --json F             the report as JSON too
  --help

Exit status 0 only with no failure and no difference.
`

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '200' },
    groups: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    'connection-file': { type: 'string' },
    'tenant-url': { type: 'string' },
    'secret-token': { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n\n${help}`)
  process.exit(2)
}

function wholeNumber(name: 'users' | 'groups' | 'concurrency' | 'seed', least: number): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < least) refuse(`--${name} wants a whole number of at least ${least}.`)
  return number
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
  let phase = ''
  const report = await simulateEntra({
    ...target(),
    users: wholeNumber('users', 1),
    groups: wholeNumber('groups', 0),
    concurrency: wholeNumber('concurrency', 1),
    seed: wholeNumber('seed', 0),
    onProgress(progress) {
      const ended = progress.done === progress.total
      if (terminal) process.stdout.write(`\r\u001b[K${progressLine(progress)}${ended ? '\n' : ''}`)
      else if (ended && phase !== progress.phase) process.stdout.write(`${progressLine(progress)}\n`)
      if (ended) phase = progress.phase
    },
  })
  process.stdout.write(`\n${reportText(report)}`)
  if (values.json) writeFileSync(values.json, JSON.stringify(report, null, 2))
  process.exitCode = report.failures.length + report.differences.length > 0 ? 1 : 0
}
