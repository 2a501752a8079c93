import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import type { AnswerForm } from './answer-form.ts'
import { statusOf } from './error-door.ts'

/** The largest request line and headers together. */
export const headerLimitBytes = 16 * 1024
/** How long a request may take to come in: its headers, and all of it where nobody reads its body. */
export const headersTimeoutMs = 10_000
export const requestTimeoutMs = 30_000

/** How long a client that is still sending has to hear the refusal before the connection is cut. */
const lingerMs = 1_000

/**
 * Answers in the form of the API what Node's parser gives up on before there is a request (RFC 9112 section 2.2), and closes
 * the connection: where the next request on it begins can no longer be told.
 */
export function refuseMalformed(server: Server, form: AnswerForm): void {
  /** The answers that a connection still owes. */
  const owed = new WeakMap<Duplex, Set<ServerResponse>>()
  const refused = new WeakSet<Duplex>()

  function refuse(socket: Duplex, fault: Fault): void {
    if (refused.has(socket)) return
    refused.add(socket)
    // Requests that came whole before it are answered first: a refusal out of turn would be read as the answer to them.
    const before = [...(owed.get(socket) ?? [])].findLast(({ req }) => req.complete)
    if (before === undefined) close(socket, fault)
    else before.once('close', () => close(socket, fault))
  }

  function close(socket: Duplex, fault: Fault): void {
    const hasBegun = [...(owed.get(socket) ?? [])].some(({ headersSent }) => headersSent)
    if (!socket.writable || hasBegun) {
      socket.destroy()
      return
    }
    socket.end(rawAnswer(fault, form))
    const late = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(late))
  }

  const owe = (req: IncomingMessage, res: ServerResponse): void => {
    const answers = owed.get(req.socket) ?? new Set()
    owed.set(req.socket, answers.add(res))
    res.once('close', () => answers.delete(res))
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, owe)
  server.on('clientError', (err: ParserError, socket: Duplex) => refuse(socket, faultOfParser(err)))
  server.on('connect', (_req: IncomingMessage, socket: Duplex) =>
    refuse(socket, new Fault('request-malformed', { why: 'CONNECT is for proxies' })),
  )
}

interface ParserError extends Error {
  readonly code?: string
  /** The parser's own sentence; it holds nothing of the request. */
  readonly reason?: string
}

function faultOfParser({ code, reason }: ParserError): Fault {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Fault('headers-too-large', { limit: `${headerLimitBytes / 1024} kB` })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Fault('request-too-slow', { limit: `${headersTimeoutMs / 1_000} s` })
    default:
      return new Fault('request-malformed', { why: reason ?? 'it cannot be read' }, { internal: code ?? 'no code' })
  }
}

function rawAnswer(fault: Fault, form: AnswerForm): string {
  const status = statusOf(fault)
  const correlationId = newId()
  const body = JSON.stringify(form.presentFault(fault, status, { correlationId, instanceId: undefined }))
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${form.errorMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Correlation-Id: ${correlationId}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
