// Declarations of explicit resource management, for programs whose `lib` lacks `ESNext.Disposable`.

declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/**
 * Defines `Symbol.dispose` and `Symbol.asyncDispose` on a class. Browsers without these symbols get no method, as a class
 * body would define a method named `undefined` there.
 *
 * @internal
 */
export function disposable<T extends object>(
  prototype: T,
  dispose: (object: T) => void,
  asyncDispose?: (object: T) => Promise<void>,
): void {
  const define = (symbol: symbol | undefined, value: (this: T) => unknown): void => {
    if (symbol) Object.defineProperty(prototype, symbol, { value, configurable: true, writable: true });
  };
  define(Symbol.dispose, function () {
    dispose(this);
  });
  if (asyncDispose) {
    define(Symbol.asyncDispose, function () {
      return asyncDispose(this);
    });
  }
}
