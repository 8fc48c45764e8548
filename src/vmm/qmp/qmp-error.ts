/** Errors as QMP tells them. */

export type QmpErrorClass = 'GenericError' | 'CommandNotFound';

export class QmpError extends Error {
  override readonly name = 'QmpError';
  readonly class: QmpErrorClass;

  constructor(description: string, errorClass: QmpErrorClass = 'GenericError') {
    super(description);
    this.class = errorClass;
  }
}
