import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { openSocket } from '../harness/raw-request.ts'

/** A thread of attackers who hold an instance's token; they go on until they are told to stop, then say how they were answered. */

const { tenantUrl, secretToken } = workerData as { tenantUrl: string; secretToken: string }
const answers: Record<string, number> = {}
let isOver = false

async function repeat(what: string, method: string, path: string, body?: string): Promise<void> {
  const headers = { authorization: `Bearer ${secretToken}`, 'content-type': 'application/scim+json' }
  while (!isOver) {
    const status = await fetch(tenantUrl + path, { method, headers, ...(body === undefined ? {} : { body }) }).then(
      async (response) => {
        await response.arrayBuffer()
        return String(response.status)
      },
      () => 'cut off',
    )
    const told = `${what}: ${status}`
    answers[told] = (answers[told] ?? 0) + 1
  }
}

/** A body of which a byte comes each second. */
function slowBody() {
  const { pathname, host } = new URL(tenantUrl)
  const socket = openSocket(tenantUrl)
  socket.write(
    `POST ${pathname}/Users HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${secretToken}\r\nContent-Length: 100000\r\n\r\n{`,
  )
  const drip = setInterval(() => socket.write(' '), 1_000)
  socket.once('close', () => clearInterval(drip))
  return socket
}

const deep = encodeURIComponent(`${'(title co "a" and '.repeat(45)}userName co "b"${')'.repeat(45)}`)
const members = Array.from({ length: 200_000 }, () => ({ value: randomUUID() }))
const group = JSON.stringify({ displayName: '', members, note: 'x'.repeat(4_000_000) })
const slow = Array.from({ length: 200 }, slowBody)
const work = [
  ...Array.from({ length: 4 }, () => repeat('1 MB of nonsense', 'POST', '/Users', 'nonsense'.repeat(131_000))),
  ...Array.from({ length: 4 }, () => repeat('deep filter', 'GET', `/Users?filter=${deep}`)),
  repeat('group of 13 MB', 'POST', '/Groups', group),
]
parentPort?.once('message', async () => {
  isOver = true
  for (const socket of slow) socket.destroy()
  await Promise.all(work)
  parentPort?.postMessage(answers)
})
