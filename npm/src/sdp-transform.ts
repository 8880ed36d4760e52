import { func } from "./check.js";
import { RtcError } from "./error.js";

/**
 * Returns the SDP to use in place of that of a local description. The browser sets it, and it is sent to the remote peer.
 *
 * The function is called with each offer and each answer that the browser creates.
 */
export type SdpTransform = (sdp: string, type: RTCSdpType) => string;

/** The option `sdpTransform`. */
export interface SdpTransformOption {
  /**
   * Changes the SDP of local descriptions, for what the API of browsers does not offer, such as stereo sound and limits of bit
   * rates. If the function throws or returns no string, the connection is lost, which the events `failed` and `lost` report.
   */
  sdpTransform?: SdpTransform;
}

/**
 * Checks the option, and returns a function whose errors are those of this package.
 *
 * @internal
 */
export function checkSdpTransform(operation: string, value: SdpTransform | undefined): SdpTransformOption {
  if (value === undefined) return {};
  func(operation, "options.sdpTransform", value);
  const sdpTransform = (sdp: string, type: RTCSdpType): string => {
    let returned: unknown;
    try {
      returned = value(sdp, type);
    } catch (cause) {
      throw failure(cause instanceof Error ? cause.message : String(cause), cause);
    }
    if (typeof returned === "string") return returned;
    throw failure(`it must return a string, and has returned a value of type ${typeof returned}`);
  };
  return { sdpTransform };
}

function failure(reason: string, cause?: unknown): RtcError {
  return new RtcError("OperationError", "sdpTransform", `the function has failed: ${reason}`, { cause });
}
