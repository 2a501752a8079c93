import { Fault } from '@user-provisioning/contracts/errors'

/** Answers that stay open for long, of each principal so many at once. */
interface OpenAnswers {
  /** The same text, counted until it ends or its client goes. @throws Fault rate-limited */
  hold(principalId: string, text: AsyncGenerator<string>): AsyncGenerator<string>
}

export interface HeldOpen {
  readonly exports: OpenAnswers
  readonly streams: OpenAnswers
}

/** @param most how many at once @param what they are, for the sentence */
function openAnswers(most: number, what: string): OpenAnswers {
  const open = new Map<string, number>()

  async function* counted(principalId: string, text: AsyncGenerator<string>): AsyncGenerator<string> {
    open.set(principalId, (open.get(principalId) ?? 0) + 1)
    try {
      yield* text
    } finally {
      const left = (open.get(principalId) ?? 1) - 1
      if (left > 0) open.set(principalId, left)
      else open.delete(principalId)
    }
  }

  return {
    hold(principalId, text) {
      if ((open.get(principalId) ?? 0) >= most) {
        throw new Fault('rate-limited', { whom: 'you', why: `${most} ${what} are open already` })
      }
      return counted(principalId, text)
    },
  }
}

/** The limits of one replica. */
export function heldOpen(): HeldOpen {
  return { exports: openAnswers(4, 'exports'), streams: openAnswers(20, 'streams') }
}
