import type { Dispatcher } from 'undici';

/**
 * Has a request's option `beforeSending` called when the connection stands and the first byte is about to leave,
 * in the same turn of the event loop. What it throws is the request's end, and then nothing is sent.
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
