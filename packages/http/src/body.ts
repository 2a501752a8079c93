import type { IncomingMessage } from 'node:http'
import { Fault } from '@user-provisioning/contracts/errors'
import { ScimError } from '@user-provisioning/scim/errors'
import { isJsonObject, type JsonObject, type JsonValue, maxJsonDepth, parseJson } from '@user-provisioning/scim/json'
import { shortestToken } from './bearer.ts'
import { findJsonFlaw } from './json-scan.ts'
import type { BodyIntake, RequestContext } from './request-context.ts'

/** The limit of a body that holds one user, or one of the admin API's resources. */
export const userBodyBytes = 1024 * 1024
/** The limit of a body that holds a group with its members, or a bulk request. */
export const groupBodyBytes = 16 * 1024 * 1024

/** From the reading of a body's first byte to its last; what is left of a request's 20 s is for the work. */
const bodyTimeoutMs = 15_000

/**
 * Reads a request's body: one JSON object in UTF-8.
 * @param options.limitBytes above it the body is refused; by its Content-Length before anything is read (default 1 MB)
 * @throws Fault media-type-unsupported (another type, another charset, a compressed body), body-too-large, request-too-slow,
 *   body-not-json (with the position; a duplicate member where the form refuses it; nested deeper than 64; not an object), value-invalid (the request's own token is in it)
 */
export async function readJsonBody(ctx: RequestContext, options: { limitBytes?: number } = {}): Promise<JsonObject> {
  const { form, intake, token } = ctx.state
  const { limitBytes = userBodyBytes } = options
  checkMediaType(ctx.req, form.bodyMediaTypes)
  if (Number(ctx.req.headers['content-length'] ?? 0) > limitBytes) throw bodyTooLarge(limitBytes)
  if (isContinueExpected(ctx.req)) ctx.res.writeContinue()
  const bytes = await readBytes(ctx.req, limitBytes, intake)
  await intake?.whole(bytes.length)
  const text = decode(bytes)
  if (token !== undefined && token.length >= shortestToken && text.includes(token)) {
    throw new Fault('value-invalid', {
      attribute: 'The body',
      value: 'the token of the request',
      expected: 'to be stored',
    })
  }
  const value = parse(text, form.refusesDuplicates)
  if (!isJsonObject(value)) throw new Fault('body-not-json', { where: 'it is not an object' })
  return value
}

function isContinueExpected(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue'
}

function checkMediaType(req: IncomingMessage, mediaTypes: readonly string[]): void {
  const types = mediaTypes.join(' or ')
  const encoding = req.headers['content-encoding']?.trim().toLowerCase()
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw new Fault('media-type-unsupported', {
      type: `Content-Encoding ${clip(encoding)}`,
      types: `${types}, not compressed`,
    })
  }
  const given = req.headers['content-type']
  // Nothing said about the type: the body itself will show whether it is JSON (RFC 9110 section 8.3).
  if (given === undefined || given.trim() === '') return
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim())
  if (!mediaTypes.includes(type.toLowerCase())) throw new Fault('media-type-unsupported', { type: clip(type), types })
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim().toLowerCase())
    if (name === 'charset' && !/^"?utf-?8"?$/.test(value)) {
      throw new Fault('media-type-unsupported', { type: `Charset ${clip(value)}`, types: `${types} in utf-8` })
    }
  }
}

function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function readBytes(req: IncomingMessage, limitBytes: number, intake: BodyIntake | undefined): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let store: Buffer = Buffer.alloc(0)
  let size = 0
  const refuse = (err: unknown) => {
    stop()
    req.pause()
    reject(err)
  }
  const onData = (chunk: Buffer) => {
    size += chunk.length
    if (size > limitBytes) return refuse(bodyTooLarge(limitBytes))
    try {
      intake?.received(chunk.length)
    } catch (err) {
      return refuse(err)
    }
    // Into one buffer: a body in pieces of a byte each would cost a hundred times its size.
    if (size > store.length) {
      const grown =
        store.length === 0 ? chunk : Buffer.allocUnsafe(Math.min(limitBytes, Math.max(size, 2 * store.length)))
      store.copy(grown)
      store = grown
    }
    if (store !== chunk) chunk.copy(store, size - chunk.length)
  }
  const onEnd = () => {
    stop()
    resolve(store.subarray(0, size))
  }
  const onBroken = () => {
    stop()
    reject(new Fault('body-not-json', { where: 'it broke off' }))
  }
  const timer = setTimeout(
    () => refuse(new Fault('request-too-slow', { limit: `${bodyTimeoutMs / 1_000} s` })),
    bodyTimeoutMs,
  )
  const stop = () => {
    clearTimeout(timer)
    req.off('data', onData)
    req.off('end', onEnd)
    req.off('error', onBroken)
    req.off('close', onBroken)
  }
  req.on('data', onData)
  req.on('end', onEnd)
  req.on('error', onBroken)
  req.on('close', onBroken)
  return promise
}

/** The refusal of a body above a limit. */
export function bodyTooLarge(limitBytes: number): Fault {
  return new Fault('body-too-large', {
    limit: limitBytes % 1024 ** 2 === 0 ? `${limitBytes / 1024 ** 2} MB` : `${limitBytes} bytes`,
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Fault('body-not-json', { where: 'it is not UTF-8' })
  }
}

/** Where a number begins that JSON.parse may change: many digits, or a large exponent. Not what stands in quotes, such as ids. */
const doubtfulNumber = /[:[,\s]-?(?:\d{16}|\d+\.\d{16}|\d+(?:\.\d+)?[eE][+-]?\d{3})/

function parse(text: string, refuseDuplicates: boolean): JsonValue {
  if (text.trim() === '') throw new Fault('body-not-json', { where: 'it is empty' })
  if (refuseDuplicates || doubtfulNumber.test(text)) refuseFlaw(text, refuseDuplicates)
  try {
    return parseJson(text)
  } catch (err) {
    // The parser was quick and says little; only a body that it refused is looked at again for the position.
    if (err instanceof ScimError) refuseFlaw(text, false)
    throw err
  }
}

function refuseFlaw(text: string, refuseDuplicates: boolean): void {
  const flaw = findJsonFlaw(text, { maxDepth: maxJsonDepth, refuseDuplicates })
  if (flaw !== undefined) throw new Fault('body-not-json', { where: `${flaw.why}, at position ${flaw.position}` })
}
