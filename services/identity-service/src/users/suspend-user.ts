import { stateOperation } from './native-state.ts'

/** A native user is suspended: it keeps everything that it has. */
export const suspendUser = stateOperation('SuspendUser', 'suspended', 'suspending')
