import type { Dispatcher } from 'undici';

/**
 * Calls a request's option `beforeSending` when the connection is open and the first byte is about to be sent, in the
 * same turn of the event loop. If it throws, the request fails with that error and nothing is sent.
 */
export const callBeforeSending: Dispatcher.DispatcherComposeInterceptor = dispatch => (options, handler) => {
  const { beforeSending } = options as { beforeSending?: () => void };
  if (!beforeSending) return dispatch(options, handler);
  return dispatch(options, {
    onRequestStart(controller, context) {
      beforeSending();
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...event) => handler.onRequestUpgrade?.(...event),
    onResponseStart: (...event) => handler.onResponseStart?.(...event),
    onResponseData: (...event) => handler.onResponseData?.(...event),
    onResponseEnd: (...event) => handler.onResponseEnd?.(...event),
    onResponseError: (...event) => handler.onResponseError?.(...event),
  });
};
