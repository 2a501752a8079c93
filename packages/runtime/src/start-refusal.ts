/**
 * The process cannot start, and whoever started it can mend that: wrong configuration, a port in use, a missing key
 * folder. `lifecycle.run` writes the lines as they are, without a stack, and exits 1.
 */
export class StartRefusal extends Error {
  readonly lines: readonly string[]

  constructor(lines: string | readonly string[], options: { cause?: unknown } = {}) {
    const list = typeof lines === 'string' ? [lines] : lines
    super(list.join('\n'), options)
    this.name = 'StartRefusal'
    this.lines = list
  }
}
