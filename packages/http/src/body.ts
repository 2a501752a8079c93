import type { IncomingMessage } from 'node:http'
import { Fault } from '@user-provisioning/contracts/errors'
import { ScimError } from '@user-provisioning/scim/errors'
import { isJsonObject, type JsonObject, type JsonValue, maxJsonDepth, parseJson } from '@user-provisioning/scim/json'
import { findJsonFlaw } from './json-scan.ts'
import type { RequestContext } from './request-context.ts'

/** The limit of a body that holds one user, or one of the admin API's resources. */
export const userBodyBytes = 1024 * 1024
/** The limit of a body that holds a group with its members, or a bulk request. */
export const groupBodyBytes = 16 * 1024 * 1024

/**
 * Reads a request's body: one JSON object in UTF-8.
 * @param options.limitBytes above it the body is refused; by its Content-Length before anything is read (default 1 MB)
 * @throws Fault media-type-unsupported (another type, another charset, a compressed body), body-too-large,
 *   body-not-json (with the position; a duplicate member where the form refuses it; nested deeper than 64; not an object)
 */
export async function readJsonBody(ctx: RequestContext, options: { limitBytes?: number } = {}): Promise<JsonObject> {
  const { form } = ctx.state
  const { limitBytes = userBodyBytes } = options
  checkMediaType(ctx.req, form.bodyMediaTypes)
  if (Number(ctx.req.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  if (isContinueExpected(ctx.req)) ctx.res.writeContinue()
  const value = parse(decode(await readBytes(ctx.req, limitBytes)), form.refusesDuplicates)
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

function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  const onData = (chunk: Buffer) => {
    size += chunk.length
    if (size > limitBytes) {
      stop()
      req.pause()
      reject(tooLarge(limitBytes))
      return
    }
    chunks.push(chunk)
  }
  const onEnd = () => {
    stop()
    resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size))
  }
  const onBroken = () => {
    stop()
    reject(new Fault('body-not-json', { where: 'it broke off' }))
  }
  const stop = () => {
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

function tooLarge(limitBytes: number): Fault {
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

function parse(text: string, refuseDuplicates: boolean): JsonValue {
  if (text.trim() === '') throw new Fault('body-not-json', { where: 'it is empty' })
  if (refuseDuplicates) refuseFlaw(text, refuseDuplicates)
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
