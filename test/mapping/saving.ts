import type { Answer, Body, TestInstance } from '../harness/instance.ts'
import { until } from '../harness/until.ts'

/** Saves a mapping set over the version that was read. */
export function save(instance: TestInstance, version: number, body: Body): Promise<Answer> {
  return instance.admin('PUT', '/mapping-set', body, { 'if-match': `"${version}"` })
}

/** The rows that an instance has, and these. */
export async function withRow(instance: TestInstance, ...rows: Body[]): Promise<Body[]> {
  return [...(await instance.admin('GET', '/mapping-set')).body.rows, ...rows]
}

/** The job once it is over. */
export function jobEnded(instance: TestInstance, id: string, deadlineMs?: number): Promise<Body> {
  return until(
    `job ${id} is over`,
    async () => {
      const { body } = await instance.admin('GET', `/jobs/${id}`)
      return ['succeeded', 'failed', 'cancelled'].includes(body.state) ? body : undefined
    },
    deadlineMs,
  )
}
