import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

export interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
  /** Each line that the command writes, stdout and stderr alike. */
  onLine?: (line: string) => void
}

/** How a command ended. `missing`: there is no such program. */
export interface CommandResult {
  code: number | null
  missing: boolean
  output: string
}

/**
 * Runs a program to its end and gives exit code and output (stdout and stderr, in the order they came). Never rejects on
 * a failing program; rejects with the signal's reason when aborted.
 */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
  const lines: string[] = []
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      options.onLine?.(line)
    })
  }
  child.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') resolve({ code: null, missing: true, output: '' })
    else reject(options.signal?.aborted ? options.signal.reason : err)
  })
  child.on('close', (code) => resolve({ code, missing: false, output: lines.join('\n') }))
  return promise
}

/** Whether there is a program of this name on the path. */
export async function isOnPath(program: string, path = process.env.PATH ?? ''): Promise<boolean> {
  const candidates = path.split(delimiter).map((folder) => access(join(folder, program), constants.X_OK))
  return Promise.any(candidates).then(
    () => true,
    () => false,
  )
}
