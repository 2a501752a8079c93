import { expect, test } from 'vitest'
import { acceptedType } from './accept.ts'

const [scim, json] = ['application/scim+json', 'application/json']

test.each<[string | undefined, string | undefined]>([
  [undefined, scim],
  ['', scim],
  ['*/*', scim],
  ['application/*', scim],
  ['application/scim+json', scim],
  ['application/json', json],
  ['APPLICATION/JSON', json],
  ['application/json; charset=utf-8', json],
  ['application/scim+json;charset=utf-8', scim],
  ['application/json;odata=verbose;q=0.5', json],
  ['application/json, application/scim+json', scim],
  ['application/json, */*;q=0.1', json],
  ['application/scim+json;q=0.4, application/json;q=0.5', json],
  ['application/scim+json ; q=0.5 , application/json ; q=0.4', scim],
  ['application/scim+json;q=0, */*', json],
  ['application/scim+json;q=0, application/*;q=0.2', json],
  ['text/html,application/xhtml+xml,*/*;q=0.8', scim],
  // Java's own client.
  ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', scim],
  ['application/json;q=nonsense', json],
  ['text/html', undefined],
  ['text/*, image/*', undefined],
  ['application/scim+json;q=0', undefined],
  ['*/*;q=0', undefined],
  ['nonsense', undefined],
])('Accept: %s is answered in %s', (accept, type) => {
  expect(acceptedType(accept, [scim, json])).toBe(type)
})
