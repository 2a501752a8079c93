/** A request of an identity provider as it stands in a recording, and what it must be answered. */
export interface Exchange {
  readonly title: string
  readonly method: string
  /** As sent, behind the Tenant URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** JSON of which the answer must have at least these members. */
    readonly body: string | undefined
  }
}

/** How sure we are that a real client sends this. */
export const confidences = ['documentation', 'test tool', 'field evidence', 'believed'] as const

export interface Recording {
  readonly title: string
  readonly confidence: string | undefined
  readonly exchanges: readonly Exchange[]
}

/** Reads an `.http` file: comments at its top (title, `confidence: …`), then exchanges, each under a line with `###`. */
export function parseRecording(text: string): Recording {
  const [top = '', ...parts] = text.split(/^### */m)
  const comments = [...top.matchAll(/^# *(.*)$/gm)].map((match) => match[1] ?? '')
  return {
    title: comments[0] ?? '',
    confidence: comments.flatMap((line) => /^confidence: (.*)$/.exec(line)?.[1] ?? [])[0],
    exchanges: parts.map((part) => {
      const [title = '', ...lines] = part.split('\n')
      return parseExchange(title, lines.join('\n'))
    }),
  }
}

/**
 * Reads one exchange: request line, headers, a blank line, a body; then `HTTP <status>`, headers, a blank line, a body.
 * @throws Error when there is no request line or no answer
 */
export function parseExchange(title: string, text: string): Exchange {
  const split = /^HTTP (\d{3})$/m.exec(text)
  if (!split) throw new Error(`${title}: no answer`)
  const request = parseMessage(text.slice(0, split.index))
  const answer = parseMessage(text.slice(split.index))
  const [method, path] = request.firstLine.split(' ')
  if (!method || !path) throw new Error(`${title}: no request line`)
  return {
    title,
    method,
    path,
    headers: request.headers,
    body: request.body,
    answer: { status: Number(split[1]), headers: answer.headers, body: answer.body },
  }
}

function parseMessage(text: string) {
  const [head = '', ...rest] = text.trim().split(/\n\s*\n/)
  const [firstLine = '', ...headerLines] = head.split('\n').filter((line) => !line.startsWith('#'))
  const headers = headerLines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const body = rest.join('\n\n').trim()
  return { firstLine, headers: Object.fromEntries(headers), body: body === '' ? undefined : body }
}
