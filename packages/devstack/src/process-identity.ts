import { readFile } from 'node:fs/promises'
import { runCommand } from './run-command.ts'

/** Whether a process of this id exists , of whatever program. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The command line of a process, its arguments joined by blanks; undefined when there is no such process. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text === '' ? undefined : text.split('\0').join(' ').trim()
  }
  const result = await runCommand('ps', ['-p', String(pid), '-o', 'command='])
  return result.code === 0 && result.output !== '' ? result.output : undefined
}

/** Whether process `pid` runs and has `mark` in its command line: a process id alone may belong to somebody else by now. */
export async function isOurs(pid: number, mark: string): Promise<boolean> {
  return isAlive(pid) && ((await commandLineOf(pid))?.includes(mark) ?? false)
}
