import type { ExchangeSettings } from '../exchange/exchange-settings.ts'

/** A client's connection, whatever it speaks. */
export interface ClientConnection {
  /** In good order, once what is under way has ended: nothing new is to come by it. */
  drain(): void
  /** At once. */
  close(): void
}

export interface ClientConnectionOwner {
  /** By which the next exchange goes: those of the newest generation. */
  readonly settings: ExchangeSettings
  onClientConnectionClose(connection: ClientConnection): void
}
