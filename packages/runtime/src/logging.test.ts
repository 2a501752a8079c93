import { expect, test } from 'vitest'
import { createLogger } from './logging.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  write(createLogger({ service: 's', replica: 'r', level: 'trace', write: (line) => lines.push(line) }))
  return lines.join('')
}

test('members that hold a secret never reach a line, at any depth', () => {
  const line = logged((log) =>
    log.info(
      {
        password: 'p1',
        a: [{ req: { headers: { Authorization: 'p2' } } }],
        clientSecret: 'p3',
        accessToken: 'p4',
        tokens: 7,
      },
      'x',
    ),
  )
  expect(line).not.toMatch(/p[1-4]"/)
  expect(line).toContain('"password":"[redacted]"')
})

test('whatever looks like a token is cut out of messages, errors and addresses', () => {
  const line = logged((log) => {
    log.info('sent eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl')
    log.error({ err: new Error('upat_0123456789abcdef refused') }, 'x')
    log.warn({ uri: 'mongodb://me:hunter2@host/db' }, 'y')
  })
  expect(line).not.toMatch(/eyJ|upat_|hunter2/)
  expect(line).toContain('mongodb://me:[redacted]@host/db')
})

test('a line is JSON with its level in words, and carries service and replica', () => {
  expect(JSON.parse(logged((log) => log.warn({ n: 1 }, 'hello')))).toMatchObject({
    level: 'warn',
    service: 's',
    replica: 'r',
    n: 1,
    msg: 'hello',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  })
})
