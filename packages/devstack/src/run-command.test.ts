import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { isOnPath, runCommand } from './run-command.ts'

test('the exit code and both outputs are given', async () => {
  expect(await runCommand('sh', ['-c', 'echo a; echo b >&2; exit 3'])).toMatchObject({ code: 3, missing: false })
  expect((await runCommand('sh', ['-c', 'echo a; echo b >&2'])).output.split('\n').sort()).toEqual(['a', 'b'])
})

test('a program that is not there is told as missing', async () => {
  expect(await runCommand('no-such-program', [])).toMatchObject({ code: null, missing: true })
  expect(await isOnPath('no-such-program')).toBe(false)
  expect(await isOnPath('node', dirname(process.execPath))).toBe(true)
})

test('a command ends when the start is broken off', async () => {
  const stopping = new AbortController()
  const running = runCommand('sleep', ['60'], { signal: stopping.signal })
  stopping.abort(new Error('broken off'))
  await expect(running).rejects.toThrow('broken off')
})
