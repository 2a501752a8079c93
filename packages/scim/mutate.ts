import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `pnpm mutate [file ...]`: makes one fault after the other in each file of this package (Stryker) and tells how many no test
 * sees, for each file and, with `--survivors`, one by one. Exit code 1: fewer than 85 % are seen. Stryker's own vitest runner
 * works with vitest 5; its TypeScript checker needs a compiler API, which TypeScript 7 has not.
 */
const root = import.meta.dirname
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const showsSurvivors = process.argv.includes('--survivors')
const files = readdirSync(join(root, 'src'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -'.ts'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))

interface Mutant {
  readonly status: 'Killed' | 'Survived' | 'Timeout' | 'NoCoverage' | 'Ignored' | 'CompileError' | 'RuntimeError'
  readonly mutatorName: string
  readonly replacement?: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}

function mutate(name: string): readonly Mutant[] {
  const report = join(root, 'reports', 'mutation', 'mutation.json')
  rmSync(report, { force: true })
  const { stdout, stderr } = spawnSync('stryker', ['run', '--mutate', `src/${name}.ts`], {
    cwd: root,
    env: { ...process.env, MUTATED: name },
    encoding: 'utf8',
  })
  try {
    const { files } = JSON.parse(readFileSync(report, 'utf8')) as { files: Record<string, { mutants: Mutant[] }> }
    return Object.values(files).flatMap(({ mutants }) => mutants)
  } catch (cause) {
    throw new Error(`${name} could not be mutated:\n${stdout}${stderr}`, { cause })
  }
}

function row(name: string, mutants: readonly Mutant[]): string {
  const count = (...statuses: Mutant['status'][]) => mutants.filter(({ status }) => statuses.includes(status)).length
  const [killed, timedOut] = [count('Killed'), count('Timeout')]
  const [survived, ignored, errors] = [
    count('Survived', 'NoCoverage'),
    count('Ignored'),
    count('CompileError', 'RuntimeError'),
  ]
  const score = (100 * (killed + timedOut)) / (killed + timedOut + survived)
  return `| ${[name, killed, survived, timedOut, ignored, errors, score.toFixed(1)].join(' | ')} |\n`
}

process.stdout.write(
  '| file | killed | survived | timed out | ignored | errors | % |\n| --- | --- | --- | --- | --- | --- | --- |\n',
)
const all: Mutant[] = []
for (const name of files) {
  const mutants = mutate(name)
  if (mutants.length > 0) process.stdout.write(row(name, mutants))
  all.push(...mutants)
  if (!showsSurvivors) continue
  for (const { status, mutatorName, replacement, location } of mutants) {
    if (status !== 'Survived' && status !== 'NoCoverage') continue
    const { line, column } = location.start
    process.stdout.write(`  src/${name}.ts:${line}:${column} ${mutatorName} ${status}: ${replacement ?? ''}\n`)
  }
}
process.stdout.write(row('all', all))
const seen = all.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
const valid = all.filter(({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)).length
if (seen / valid < 0.85) process.exitCode = 1
