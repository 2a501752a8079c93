import { relative, resolve } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { type Connection, removeStaleConnectionFile } from './connection-file.ts'
import { connectionText } from './connection-text.ts'
import { type Constellation, startConstellation } from './constellation.ts'
import { listProgress, step } from './progress.ts'
import { parseStartOptions, type StartOptions, startHelp } from './start-options.ts'
import { type Stores, startStores } from './stores.ts'

const out = process.stdout
const stopping = new AbortController()

// Ctrl-C reaches this process from the terminal and once more from whoever started it: the first one counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())
// The process that started this one is gone, by SIGKILL perhaps: then nobody could stop this one any more.
process.on('disconnect', () => stopping.abort())
process.channel?.unref()
// The terminal is gone.
out.on('error', () => stopping.abort())

process.exitCode = await main(process.argv.slice(2))
if (process.connected) process.disconnect()

async function main(args: readonly string[]): Promise<number> {
  const startedAt = Date.now()
  const progress = listProgress(out)
  let stores: Stores | undefined
  let constellation: Constellation | undefined
  try {
    const options = parseStartOptions(args)
    if (options.help) {
      out.write(startHelp)
      return 0
    }
    const connectionFile = resolve(options.connectionFile ?? `${options.dataDir}/connection.json`)
    await removeStaleConnectionFile(connectionFile)
    const context = { progress, signal: stopping.signal, onTrouble: (sentence: string) => say(`! ${sentence}`) }
    stores = await startStores({ ...context, ...options })
    stopping.signal.throwIfAborted()
    constellation = await startConstellation({ ...context, ...options, stores, connectionFile })
    progress.close()
    showConnection(constellation.connection, connectionFile, options, Date.now() - startedAt)
    stores.speedUpNextStart()
    await aborted()
    return 0
  } catch (err) {
    progress.close()
    if (stopping.signal.aborted) return 130
    process.stderr.write(`\n${err instanceof StartRefusal ? err.message : String((err as Error).stack ?? err)}\n`)
    return 1
  } finally {
    if (stores !== undefined) await stopAll(constellation, stores)
  }
}

function aborted(): Promise<void> {
  if (stopping.signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    // Nothing else keeps this process up where the stores were given.
    const keepUp = setInterval(() => undefined, 60_000)
    stopping.signal.addEventListener('abort', () => {
      clearInterval(keepUp)
      resolve()
    })
  })
}

async function stopAll(constellation: Constellation | undefined, stores: Stores): Promise<void> {
  const progress = listProgress(out)
  out.write('\n')
  if (constellation !== undefined) await step(progress, 'Stopping the services', () => constellation.stop())
  await step(progress, 'Stopping the stores', () => stores.stop())
  progress.close()
}

function showConnection(connection: Connection, file: string, options: StartOptions, tookMs: number): void {
  const here = (path: string) => {
    const near = relative(process.cwd(), resolve(path)) || '.'
    return near.startsWith('..') ? resolve(path) : near
  }
  say(
    connectionText(connection, {
      connectionFile: here(file),
      dataDir: here(options.dataDir),
      tookMs,
      terminal: out.isTTY === true,
    }),
  )
}

function say(text: string): void {
  out.write(`${text}\n`)
}
