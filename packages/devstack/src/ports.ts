import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Below the range from which Linux and macOS take ports for outgoing connections: a store that is down for a while finds
 * its port free again, and nobody who retries to connect to it meets himself (TCP simultaneous open).
 */
const lowest = 20_000
const highest = 31_999

/** Whether nobody listens on `port`, neither on 127.0.0.1 nor on all addresses. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'))
}

function canListen(port: number, host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

/** A free port of 127.0.0.1, not among `taken`. */
export async function choosePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest + 1)
    if (!taken.has(port) && (await isFree(port))) return port
  }
}

/**
 * A port for each name, kept in `file`: what was chosen before is taken again where it is still free, the rest is chosen
 * anew.
 */
export async function rememberPorts<Name extends string>(
  file: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const before = await readFile(file, 'utf8').then(readPorts, () => new Map<string, number>())
  const taken = new Set<number>()
  const chosen: [Name, number][] = []
  for (const name of names) {
    const old = before.get(name)
    const port = old !== undefined && !taken.has(old) && (await isFree(old)) ? old : await choosePort(taken)
    taken.add(port)
    chosen.push([name, port])
  }
  const ports = Object.fromEntries(chosen) as Record<Name, number>
  await writeFile(file, `${JSON.stringify(ports)}\n`)
  return ports
}

function readPorts(text: string): Map<string, number> {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null) return new Map()
    return new Map(Object.entries(found).filter(([, port]) => Number.isInteger(port)))
  } catch {
    return new Map()
  }
}
