import type { Progress } from './progress.ts'
import type { StoreProcess } from './store-process.ts'

export interface StoreInContainer {
  address: string
  process: StoreProcess
}

/** An engine that answers. Each start gives undefined where the image is neither here nor to be pulled. */
export interface ContainerEngine {
  startMongodb(folder: string, progress: Progress): Promise<StoreInContainer | undefined>
  startKafka(progress: Progress): Promise<StoreInContainer | undefined>
}

export async function findContainerEngine(_env: NodeJS.ProcessEnv): Promise<ContainerEngine | undefined> {
  return undefined
}
