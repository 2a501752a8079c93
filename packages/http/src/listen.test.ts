import { once } from 'node:events'
import { connect } from 'node:net'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { expect, test } from 'vitest'
import { listen } from './listen.ts'

test('a port in use is refused in one sentence', async () => {
  await using first = await listen((_, res) => res.end('one'), { port: 0, host: '127.0.0.1' })
  const second = listen((_, res) => res.end('two'), { port: first.port, host: '127.0.0.1', purpose: 'SCIM listener' })
  await expect(second).rejects.toThrow(StartRefusal)
  await expect(second).rejects.toThrow(
    `The SCIM listener cannot listen on 127.0.0.1:${first.port}: the port is in use. Choose another one.`,
  )
})

test('replicas share a port when all of them ask to', async () => {
  await using first = await listen((_, res) => res.end('one'), { port: 0, host: '127.0.0.1', reusePort: true })
  await using second = await listen((_, res) => res.end('two'), {
    port: first.port,
    host: '127.0.0.1',
    reusePort: true,
  })
  expect(second.port).toBe(first.port)
})

test('a close lets the request under way end, takes no other, and does not wait for idle connections', async () => {
  const begun = Promise.withResolvers<() => void>()
  const listener = await listen((_, res) => begun.resolve(() => res.end('done')), { port: 0, host: '127.0.0.1' })
  const idle = connect(listener.port, '127.0.0.1')
  await once(idle, 'connect')
  const answer = fetch(`http://127.0.0.1:${listener.port}/`).then((response) => response.text())
  const finish = await begun.promise
  const closed = listener.close()
  await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow()
  finish()
  expect(await answer).toBe('done')
  await closed
  idle.destroy()
})

test('a close ends requests that take longer than the grace', async () => {
  const begun = Promise.withResolvers<void>()
  const listener = await listen(() => begun.resolve(), { port: 0, host: '127.0.0.1', graceMs: 50 })
  const refused = expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow()
  await begun.promise
  await listener.close()
  await refused
})
