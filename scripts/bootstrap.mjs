// In front of `npm start` and `npm test` on a fresh clone: works on Node 20 without any package. Installs what the lockfile
// says when node_modules is not current, then hands over to the Node 24 that came with it, signals and exit code included.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'

const programs = { start: 'packages/devstack/src/start-command.ts', test: 'test/run.ts' }
const installer = 'pnpm@12.21.0'
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const node = join(root, 'node_modules', '.bin', 'node')
const stampFile = join(root, 'node_modules', '.installed-lockfile')

const [name, ...args] = process.argv.slice(2)
const program = programs[name]
if (program === undefined) {
  process.stderr.write(`Usage: node scripts/bootstrap.mjs ${Object.keys(programs).join(' | ')} [options]\n`)
  process.exit(2)
}
const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  process.stderr.write(`Node 20 or newer is needed to begin, and this is ${process.version}. See https://nodejs.org/\n`)
  process.exit(1)
}

if (!isInstalled()) {
  const startedAt = Date.now()
  process.stdout.write('Installing packages (about 20 s the first time) ...\n')
  const code = await run('npx', [
    '-y',
    installer,
    'install',
    '--frozen-lockfile',
    '--config.confirm-modules-purge=false',
  ])
  if (code !== 0) {
    process.stderr.write(`The packages could not be installed; ${installer} says why above.\n`)
    process.exit(code)
  }
  writeFileSync(stampFile, stamp())
  process.stdout.write(`Packages installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.\n\n`)
}
process.exitCode = await run(node, [join(root, program), ...args])

function isInstalled() {
  return existsSync(node) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp()
}

/** What decides the content of node_modules: the lockfile with its patches' hashes, the install settings, this platform. */
function stamp() {
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)))
  return hash.update(`${installer} ${process.platform} ${process.arch}`).digest('hex')
}

/** Runs a program to its end, passes signals on, gives its exit code. It hears of this process' end by the IPC channel. */
function run(file, programArgs) {
  return new Promise((done) => {
    const ipc = file === node
    const child = spawn(file, programArgs, {
      cwd: ipc ? process.cwd() : root,
      stdio: ['inherit', 'inherit', 'inherit', ...(ipc ? ['ipc'] : [])],
    })
    const passOn = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    // npm passes a signal on to its shell only, and nothing when it is killed: then this process has another parent.
    const parent = process.ppid
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) child.kill('SIGTERM')
    }, 500)
    for (const signal of signals) process.on(signal, passOn)
    child.on('error', (err) => {
      process.stderr.write(`${file} cannot be run: ${err.message}\n`)
      done(1)
    })
    child.on('exit', (code, signal) => {
      clearInterval(watch)
      for (const each of signals) process.off(each, passOn)
      done(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}
