/** An answer above this many bytes goes in numbered parts: a broker takes 1 MB unless told otherwise. */
export const largestPartBytes = 900_000

/** Cuts an answer's JSON into parts, in order. */
export function splitReply(json: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < json.length; at += largestPartBytes) parts.push(json.subarray(at, at + largestPartBytes))
  return parts
}

/** Puts the parts of one answer together, whatever their order and however often one comes. */
export interface ReplyParts {
  /** @returns the whole answer with its last part */
  add(answer: string, part: number, parts: number, bytes: Buffer): Buffer | undefined
}

export function replyParts(): ReplyParts {
  const answers = new Map<string, Map<number, Buffer>>()
  return {
    add(answer, part, parts, bytes) {
      const got = answers.get(answer) ?? new Map<number, Buffer>()
      answers.set(answer, got)
      got.set(part, bytes)
      if (got.size < parts) return undefined
      answers.delete(answer)
      return Buffer.concat([...got].toSorted(([a], [b]) => a - b).map(([, piece]) => piece))
    },
  }
}
