//! What a page may prefer of what the user is offered to share.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// Whether this very tab is offered.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-selfcapturepreferenceenum)
    #[doc(alias = "SelfCapturePreferenceEnum")]
    SelfCapturePreference {
        /// It is.
        #[doc(alias = "SelfCapturePreferenceEnum.include")]
        Include = "include",
        /// It is not: no picture within the picture.
        #[doc(alias = "SelfCapturePreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// Whether the system's sound is offered with a monitor.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-systemaudiopreferenceenum)
    #[doc(alias = "SystemAudioPreferenceEnum")]
    SystemAudioPreference {
        /// It is.
        #[doc(alias = "SystemAudioPreferenceEnum.include")]
        Include = "include",
        /// It is not.
        #[doc(alias = "SystemAudioPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// Which sound is offered with a window.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-windowaudiopreferenceenum)
    #[doc(alias = "WindowAudioPreferenceEnum")]
    WindowAudioPreference {
        /// All that the system plays.
        #[doc(alias = "WindowAudioPreferenceEnum.system")]
        System = "system",
        /// What this window plays.
        #[doc(alias = "WindowAudioPreferenceEnum.window")]
        Window = "window",
        /// None.
        #[doc(alias = "WindowAudioPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// Whether the user may go over to another tab while sharing.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-surfaceswitchingpreferenceenum)
    #[doc(alias = "SurfaceSwitchingPreferenceEnum")]
    SurfaceSwitchingPreference {
        /// The browser offers it.
        #[doc(alias = "SurfaceSwitchingPreferenceEnum.include")]
        Include = "include",
        /// It does not.
        #[doc(alias = "SurfaceSwitchingPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// Whether whole monitors are offered.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-monitortypesurfacesenum)
    #[doc(alias = "MonitorTypeSurfacesEnum")]
    MonitorTypeSurfaces {
        /// They are.
        #[doc(alias = "MonitorTypeSurfacesEnum.include")]
        Include = "include",
        /// They are not: nobody shares more than was meant.
        #[doc(alias = "MonitorTypeSurfacesEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// Whether sound is chosen beforehand.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-audioselectionpreferenceenum)
    #[doc(alias = "AudioSelectionPreferenceEnum")]
    AudioSelectionPreference {
        /// It is, where the user may share it.
        #[doc(alias = "AudioSelectionPreferenceEnum.preferred")]
        Preferred = "preferred",
    }
}
