/** What is being done, told to whoever watches. Steps may run side by side. */
export interface Progress {
  begin(step: string): Step
}

/** One step of a start. `done` or `failed` ends it; both are harmless when called again. */
export interface Step {
  update(detail: string): void
  done(detail?: string): void
  failed(): void
}

/** Tells nobody. */
export const silent: Progress = {
  begin: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
}

/** Runs `work` as one step of `progress`; its result's sentence, if `describe` gives one, closes the step. */
export async function step<T>(
  progress: Progress,
  title: string,
  work: (step: Step) => Promise<T>,
  describe?: (result: T) => string,
): Promise<T> {
  const current = progress.begin(title)
  try {
    const result = await work(current)
    current.done(describe?.(result))
    return result
  } catch (err) {
    current.failed()
    throw err
  }
}

interface Running {
  title: string
  detail: string
  startedAt: number
  ended: boolean
}

/**
 * Progress as a list of lines: on a terminal running steps turn at the bottom and are redrawn in place, elsewhere a line
 * when a step begins and one when it ends.
 */
export function listProgress(out: NodeJS.WriteStream): Progress & { close(): void } {
  return out.isTTY === true ? terminalProgress(out) : plainProgress(out)
}

function plainProgress(out: NodeJS.WriteStream): Progress & { close(): void } {
  return {
    begin(title) {
      const running: Running = { title, detail: '', startedAt: Date.now(), ended: false }
      out.write(`  ... ${title}\n`)
      return {
        update: () => undefined,
        done(detail) {
          if (running.ended) return
          running.ended = true
          out.write(`  ok  ${closing(running, detail)}\n`)
        },
        failed() {
          if (running.ended) return
          running.ended = true
          out.write(`  --  ${title}: failed\n`)
        },
      }
    },
    close: () => undefined,
  }
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100

function terminalProgress(out: NodeJS.WriteStream): Progress & { close(): void } {
  const runningSteps: Running[] = []
  let drawn = 0
  let frame = 0
  let timer: NodeJS.Timeout | undefined

  function erase(): void {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  function draw(): void {
    const width = Math.max(20, (out.columns ?? 80) - 1)
    for (const running of runningSteps) {
      const seconds = Math.floor((Date.now() - running.startedAt) / 1000)
      const parts = [running.title, running.detail, seconds > 0 ? `${seconds} s` : ''].filter((part) => part !== '')
      out.write(`${`  ${frames[frame % frames.length]} ${parts.join(' · ')}`.slice(0, width)}\n`)
    }
    drawn = runningSteps.length
  }
  function redraw(line?: string): void {
    erase()
    if (line !== undefined) out.write(`${line}\n`)
    draw()
  }
  function end(running: Running, line: string): void {
    if (running.ended) return
    running.ended = true
    runningSteps.splice(runningSteps.indexOf(running), 1)
    redraw(line)
    if (runningSteps.length === 0) close()
  }
  function close(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    begin(title) {
      const running: Running = { title, detail: '', startedAt: Date.now(), ended: false }
      runningSteps.push(running)
      redraw()
      timer ??= setInterval(() => {
        frame += 1
        redraw()
      }, frameMs)
      timer.unref()
      return {
        update(detail) {
          running.detail = detail
        },
        done: (detail) => end(running, `  \x1b[32m✓\x1b[0m ${closing(running, detail)}`),
        failed: () => end(running, `  \x1b[31m✗\x1b[0m ${title}`),
      }
    },
    close() {
      close()
      erase()
      runningSteps.length = 0
    },
  }
}

function closing(running: Running, detail: string | undefined): string {
  const seconds = ((Date.now() - running.startedAt) / 1000).toFixed(1)
  return detail === undefined || detail === ''
    ? `${running.title} (${seconds} s)`
    : `${running.title}: ${detail} (${seconds} s)`
}
