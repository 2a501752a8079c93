/**
 * Runs `sweep` every `everyMs`, one at a time; an error is told and the next turn tries again. Disposing it waits for the
 * one under way.
 */
export function sweepRegularly(options: {
  everyMs: number
  sweep: () => Promise<void>
  onError: (err: unknown) => void
}): AsyncDisposable {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= options
      .sweep()
      .catch(options.onError)
      .finally(() => {
        running = undefined
      })
  }, options.everyMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
