import type { Body, TestInstance } from '../harness/instance.ts'

/** Changes some settings of an instance, as an admin who has just read them. */
export async function changeSettings(instance: TestInstance, changes: object): Promise<Body> {
  const read = await instance.admin('GET', '/settings')
  const { matchingAttribute, pickUpMode, reHirePolicy, guard } = read.body
  const wanted = { matchingAttribute, pickUpMode, reHirePolicy, guard, ...changes }
  const saved = await instance.admin('PUT', '/settings', wanted, { 'if-match': read.headers.get('etag') ?? '' })
  if (saved.status !== 200) throw new Error(`PUT /settings: ${saved.status} ${JSON.stringify(saved.body)}`)
  return saved.body
}
