import { topics } from '@user-provisioning/contracts/topics'
import type { Announcement } from '../commands/command.ts'
import { type ApiKeyDocument, apiKeyRecord } from './api-key-document.ts'

/** What every ingress replica is told of a key. */
export function apiKeyState(key: ApiKeyDocument): Announcement {
  return { kind: 'state', topic: topics.apiKeys, key: key._id, type: 'ApiKeyState', value: apiKeyRecord(key) }
}
