//! The preferences of a page for the sources that the browser offers to the user.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// The preference for offering this tab.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-selfcapturepreferenceenum)
    #[doc(alias = "SelfCapturePreferenceEnum")]
    SelfCapturePreference {
        /// The tab is offered.
        #[doc(alias = "SelfCapturePreferenceEnum.include")]
        Include = "include",
        /// The tab is not offered, which prevents a hall of mirrors.
        #[doc(alias = "SelfCapturePreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// The preference for offering the audio of the system with a monitor.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-systemaudiopreferenceenum)
    #[doc(alias = "SystemAudioPreferenceEnum")]
    SystemAudioPreference {
        /// The audio is offered.
        #[doc(alias = "SystemAudioPreferenceEnum.include")]
        Include = "include",
        /// The audio is not offered.
        #[doc(alias = "SystemAudioPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// The preference for the audio that is offered with a window.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-windowaudiopreferenceenum)
    #[doc(alias = "WindowAudioPreferenceEnum")]
    WindowAudioPreference {
        /// The audio of the system.
        #[doc(alias = "WindowAudioPreferenceEnum.system")]
        System = "system",
        /// The audio of the window.
        #[doc(alias = "WindowAudioPreferenceEnum.window")]
        Window = "window",
        /// No audio.
        #[doc(alias = "WindowAudioPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// The preference for letting the user switch to another tab while sharing.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-surfaceswitchingpreferenceenum)
    #[doc(alias = "SurfaceSwitchingPreferenceEnum")]
    SurfaceSwitchingPreference {
        /// Switching is offered.
        #[doc(alias = "SurfaceSwitchingPreferenceEnum.include")]
        Include = "include",
        /// Switching is not offered.
        #[doc(alias = "SurfaceSwitchingPreferenceEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// The preference for offering whole monitors.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-monitortypesurfacesenum)
    #[doc(alias = "MonitorTypeSurfacesEnum")]
    MonitorTypeSurfaces {
        /// Monitors are offered.
        #[doc(alias = "MonitorTypeSurfacesEnum.include")]
        Include = "include",
        /// Monitors are not offered, which prevents users from sharing more than intended.
        #[doc(alias = "MonitorTypeSurfacesEnum.exclude")]
        Exclude = "exclude",
    }
}

spec_enum! {
    /// The preference for preselecting audio.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-audioselectionpreferenceenum)
    #[doc(alias = "AudioSelectionPreferenceEnum")]
    AudioSelectionPreference {
        /// Audio is preselected if it can be shared.
        #[doc(alias = "AudioSelectionPreferenceEnum.preferred")]
        Preferred = "preferred",
    }
}
