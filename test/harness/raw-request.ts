import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What came back over a connection, byte for byte. */
export interface RawAnswer {
  /** The status of each answer on it, in order; 100 (Continue) left out. */
  readonly statuses: readonly number[]
  readonly text: string
  /** From the sending to the end of the connection. */
  readonly ms: number
}

/** A connection to where `url` points. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  return socket
}

/**
 * Sends bytes as they are over a connection of their own, and gives what comes back until it ends or `enough` says so.
 * @param options.enough from what was heard so far, whether the rest need not be waited for
 * @param options.ends whether the client closes its side behind the bytes
 * @throws when nothing has ended it after `deadlineMs`
 */
export async function rawRequest(
  url: string,
  bytes: string | Uint8Array,
  options: { enough?: (heard: string) => boolean; ends?: boolean; deadlineMs?: number } = {},
): Promise<RawAnswer> {
  const { enough = isWhole, ends = false, deadlineMs = 30_000 } = options
  const startedAt = performance.now()
  const socket = openSocket(url)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    if (enough(text)) socket.destroy()
  })
  const late = setTimeout(() => socket.destroy(new Error('late')), deadlineMs)
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  if (ends) socket.end()
  await once(socket, 'close').catch(() => undefined)
  clearTimeout(late)
  const ms = performance.now() - startedAt
  if (ms >= deadlineMs) throw new Error(`no end after ${deadlineMs} ms; heard ${JSON.stringify(text.slice(0, 500))}`)
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return { statuses: statuses.filter((status) => status !== 100), text, ms }
}

/** Whether one answer has come whole. */
function isWhole(heard: string): boolean {
  const [head = '', ...rest] = heard.split('\r\n\r\n')
  if (rest.length === 0 || head.startsWith('HTTP/1.1 100')) return false
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return length !== undefined && rest.join('\r\n\r\n').length >= Number(length)
}
