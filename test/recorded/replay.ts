import { isDeepStrictEqual } from 'node:util'
import { request } from 'undici'
import type { Body } from '../harness/instance.ts'
import type { Exchange } from './exchange.ts'

/**
 * Sends exchanges in order, each as it is written (undici adds no User-Agent), and compares every answer with its contract:
 * status, the headers named, and at least the members of the body. In the contract `{name}` takes a value and stands for it
 * from then on, in paths and bodies too; `{any}` is any value, `{absent}` none. `acme.test` is made unique, as user names are
 * across instances.
 * @throws Error that says which exchange was answered otherwise, and how
 */
export async function replay(
  exchanges: readonly Exchange[],
  connector: { readonly tenantUrl: string; readonly secretToken: string },
): Promise<void> {
  const known = new Map([['base', connector.tenantUrl]])
  const domain = `${crypto.randomUUID().slice(0, 8)}.acme.test`
  const fill = (text: string) =>
    text.replaceAll('acme.test', domain).replace(/\{([a-z][\w-]*)\}/g, (whole, name) => known.get(name) ?? whole)

  const faults: string[] = []

  function compare(wanted: Body, read: Body, path: string): void {
    const name = typeof wanted === 'string' ? /^\{([a-z][\w-]*)\}$/.exec(wanted)?.[1] : undefined
    if (name === 'absent') {
      if (read !== undefined) faults.push(`${path} is there`)
    } else if (name === 'any') {
      if (read === undefined || read === '') faults.push(`${path} is missing`)
    } else if (name !== undefined && !known.has(name) && typeof read === 'string') {
      known.set(name, read)
    } else if (typeof wanted === 'string') {
      if (read !== fill(wanted)) faults.push(`${path} ${JSON.stringify(read)}, not ${JSON.stringify(fill(wanted))}`)
    } else if (Array.isArray(wanted) && Array.isArray(read) && wanted.length === read.length) {
      for (const [index, item] of wanted.entries()) compare(item, read[index], `${path}[${index}]`)
    } else if (isObject(wanted) && isObject(read)) {
      for (const [key, item] of Object.entries(wanted)) compare(item, read[key], `${path}.${key}`)
    } else if (!isDeepStrictEqual(wanted, read)) {
      faults.push(`${path} ${JSON.stringify(read)}, not ${JSON.stringify(wanted)}`)
    }
  }

  for (const { title, method, path, headers, body, answer } of exchanges) {
    const response = await request(connector.tenantUrl + fill(path), {
      method: method as 'GET',
      headers: { authorization: `Bearer ${connector.secretToken}`, ...headers },
      body: body === undefined ? null : fill(body),
    })
    const text = await response.body.text()
    const read: Body = text === '' ? undefined : JSON.parse(text)
    if (response.statusCode !== answer.status) faults.push(`status ${response.statusCode}, not ${answer.status}`)
    if (answer.body !== undefined) compare(JSON.parse(answer.body), read, '$')
    else if (answer.status === 204 && text !== '') faults.push('a body')
    for (const [name, value] of Object.entries(answer.headers)) {
      if (response.headers[name] !== fill(value)) faults.push(`${name}: ${response.headers[name]}, not ${fill(value)}`)
    }
    if (read !== undefined) {
      const mediaType = headers.accept === 'application/json' ? 'application/json' : 'application/scim+json'
      const contentType = String(response.headers['content-type'])
      if (!contentType.startsWith(mediaType)) faults.push(`content-type: ${contentType}, not ${mediaType}`)
      if (/:null[,}]/.test(JSON.stringify(read))) faults.push('a null in the body')
    }
    if (faults.length > 0)
      throw new Error(`${title}: ${method} ${path} was answered with ${faults.join('; ')}: ${text}`)
  }
}

function isObject(value: Body): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
