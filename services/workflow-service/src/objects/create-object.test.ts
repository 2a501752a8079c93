import { object } from '@user-provisioning/contracts/admin/objects'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { newId } from '@user-provisioning/contracts/ids'
import { reply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import { createObject } from './create-object.ts'
import { objectBook } from './object-store.ts'

const instanceId = newId()
const now = new Date('2026-11-02T09:30:00.000Z')

function request(name: string, more: Partial<AdminRequest> = {}): AdminRequest {
  return {
    type: 'CreateObject',
    requestId: newId(),
    instanceId,
    entityId: newId(),
    actor: { type: 'admin', id: 'a1', name: 'Ada' },
    at: now.toISOString(),
    deadlineAt: now.toISOString(),
    fingerprint: null,
    parameters: { instanceId },
    query: {},
    body: { type: 'job-title', name },
    ...more,
  }
}

describe('creating an object', () => {
  test('answers it under the id that was minted for it, and announces who created it', () => {
    const asked = request('Engineer')
    const decision = createObject(asked, objectBook([]), now)
    const answer = reply.parse(decision.reply)
    expect(answer.outcome === 'admin' && object.parse(answer.result)).toMatchObject({
      id: asked.entityId,
      instanceId,
      name: 'Engineer',
      version: 1,
    })
    const [announcement] = 'announcements' in decision ? decision.announcements : []
    expect(announcement?.key).toBe(`${instanceId}/${asked.entityId}`)
    expect(topics.workflowFacts.schema.parse(announcement?.value)).toMatchObject({
      id: `${asked.requestId}/0`,
      correlationId: asked.requestId,
      actor: { name: 'Ada' },
    })
  })

  test('of a name that is taken, in any case, is refused and writes nothing; in another instance it is free', () => {
    const book = objectBook([])
    createObject(request('Engineer'), book, now)
    const second = createObject(request('ENGINEER'), book, now)
    expect(second).not.toHaveProperty('writes')
    expect(reply.parse(second.reply)).toEqual({
      outcome: 'refused',
      fault: { code: 'name-taken', slots: { type: 'job title', name: 'ENGINEER' } },
    })
    expect(createObject(request('Engineer', { instanceId: newId() }), book, now)).toHaveProperty('writes')
  })
})
