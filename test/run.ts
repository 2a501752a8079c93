import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStores } from '@user-provisioning/devstack/stores'

/** Runs everything: static checks, unit tests, packages against real stores, the whole system. Ends with `N passed, N failed`. */

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
let passed = 0
let failed = 0
const slowest: { name: string; ms: number }[] = []

async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

function heading(text: string): void {
  process.stdout.write(`\n== ${text}\n`)
}

async function check(name: string, command: string, args: string[]): Promise<void> {
  heading(name)
  if ((await run(bin(command), args, { env: { ...process.env, PATH: path } })) === 0) passed++
  else failed++
}

interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  success: boolean
  testResults: { assertionResults: { fullName: string; duration?: number | null }[] }[]
}

async function tests(project: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  heading(`tests: ${project}`)
  const folder = await mkdtemp(join(tmpdir(), 'user-provisioning-report-'))
  const file = join(folder, 'report.json')
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  await run(bin('vitest'), args, { env: { ...process.env, ...env, PATH: path } })
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as VitestReport,
    () => undefined,
  )
  await rm(folder, { recursive: true })
  passed += report?.numPassedTests ?? 0
  // A file that cannot be loaded has no failed test, and is a failure all the same.
  failed += report?.success ? 0 : Math.max(1, report?.numFailedTests ?? 1)
  for (const { fullName, duration } of report?.testResults.flatMap((result) => result.assertionResults) ?? []) {
    slowest.push({ name: `${project}: ${fullName}`, ms: duration ?? 0 })
  }
}

const startedAt = performance.now()
await check('types', 'tsc', ['--noEmit'])
await check('style', 'biome', ['check', '--error-on-warnings', '.'])
await check('unused code', 'knip', [])
await tests('unit')
const stores = await startStores()
try {
  const given = { MONGODB_URI: stores.mongodbUri, KAFKA_BROKERS: stores.kafkaBrokers }
  await tests('packages', given)
  await tests('properties', given)
} finally {
  await stores.stop()
}
await tests('system')

heading('the twenty slowest tests')
for (const { name, ms } of slowest.toSorted((a, b) => b.ms - a.ms).slice(0, 20)) {
  process.stdout.write(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${name}\n`)
}
process.stdout.write(`\n${((performance.now() - startedAt) / 1_000).toFixed(0)} s in all\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
